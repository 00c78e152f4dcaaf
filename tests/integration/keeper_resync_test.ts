/** How a keeper makes its instance follow another one: as it is, rewound, or copied; and when it touches nothing. */
import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { following, promote, startPrimary, startStandby, waitForRows } from "./harness/bench_parts.ts";
import { type BenchKeeper, benchTest } from "./harness/keeper_bench.ts";
import { waitUntil } from "./harness/wait.ts";

/** A file that a copy or an emptied directory would not have. */
async function mark(keeper: BenchKeeper): Promise<void> {
  await Deno.writeTextFile(join(keeper.pgData, "mark"), "");
}

async function isMarked(keeper: BenchKeeper): Promise<boolean> {
  try {
    await Deno.stat(join(keeper.pgData, "mark"));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

benchTest("a standby that was stopped cleanly follows as it is under a new assignment", {}, async (bench) => {
  const primary = await startPrimary(bench);
  const standby = await startStandby(bench, { uid: "s", db: "db1" });
  assertEquals((await standby.stop()).code, 0);
  await mark(standby);
  await primary.sql("insert into t values (2)");
  await bench.change("primary", { followers: ["db2"] });
  await bench.assign("db2", "s", following("primary"));
  await standby.start();
  await bench.waitConverged("db2");
  await waitForRows(standby, 2);
  assert(await isMarked(standby), "the instance was copied though it could follow as it was");
});

benchTest(
  "a standby that crashed follows as it is too, after it has been brought to a clean stop",
  {},
  async (bench) => {
    const primary = await startPrimary(bench);
    const standby = await startStandby(bench, { uid: "s", db: "db1" });
    await standby.kill();
    await standby.killPostgres();
    await mark(standby);
    await primary.sql("insert into t values (2)");
    await bench.change("primary", { followers: ["db2"] });
    await bench.assign("db2", "s", following("primary"));
    await standby.start();
    await bench.waitConverged("db2");
    await waitForRows(standby, 2);
    assert(await isMarked(standby));
  },
);

benchTest(
  "a former primary that was stopped cleanly and lost nothing follows as it is",
  {},
  async (bench) => {
    const primary = await startPrimary(bench);
    const standby = await startStandby(bench, { uid: "s", db: "db1" });
    assertEquals((await primary.stop()).code, 0);
    await mark(primary);
    await promote(bench, { db: "db1", followers: ["db2"] });
    await standby.sql("insert into t values (2)");
    await bench.assign("db2", primary.uid, following("db1"));
    await primary.start();
    await bench.waitConverged("db2");
    await waitForRows(primary, 2);
    assert(await isMarked(primary));
  },
);

benchTest("a former primary that went on alone is rewound when pg_rewind is enabled", {}, async (bench) => {
  const primary = await startPrimary(bench, { usePgrewind: true });
  const standby = await startStandby(bench, { uid: "s", db: "db1", spec: { usePgrewind: true } });
  assertEquals((await standby.stop()).code, 0);
  await primary.sql("insert into t values (90), (91)");
  await primary.kill();
  await primary.killPostgres();
  await standby.start();
  await promote(bench, { db: "db1", followers: ["db2"] });
  await standby.sql("insert into t values (2)");
  await bench.assign("db2", primary.uid, following("db1", { usePgrewind: true }));
  await primary.start();
  await bench.waitConverged("db2");
  await waitForRows(primary, 2);
  assertStringIncludes(await primary.log(), "the instance was rewound");
});

benchTest(
  "without pg_rewind a former primary that went on alone is copied, its WAL to where it was",
  {},
  async (bench) => {
    const primary = await startPrimary(bench);
    const standby = await startStandby(bench, { uid: "s", db: "db1" });
    assertEquals((await standby.stop()).code, 0);
    await primary.sql("insert into t values (90)");
    assertEquals((await primary.stop()).code, 0);
    await mark(primary);
    const volume = join(await bench.directoryFor("another volume"), "wal");
    const wal = join(primary.pgData, "pg_wal");
    await Deno.rename(wal, volume);
    await Deno.symlink(volume, wal);
    await standby.start();
    await promote(bench, { db: "db1", followers: ["db2"] });
    await standby.sql("insert into t values (2)");
    await bench.assign("db2", primary.uid, following("db1"));
    await primary.start();
    await bench.waitConverged("db2");
    await waitForRows(primary, 2);
    assertFalse(await isMarked(primary));
    assertEquals(await Deno.readLink(wal), volume);
  },
);

benchTest(
  "WAL that waits for the archiver is archived before a copy replaces it",
  {},
  async (bench) => {
    const archive = await bench.directoryFor("archive");
    // The archive is out of order as long as this file is missing.
    const command = `test -e '${archive}/open' && cp %p '${archive}/%f'`;
    const pgParameters = { archive_mode: "on", archive_command: command };
    const primary = await startPrimary(bench, { pgParameters });
    const standby = await startStandby(bench, { uid: "s", db: "db1" });
    assertEquals((await standby.stop()).code, 0);
    await primary.sql("insert into t values (90)");
    const [row] = await primary.sql("select pg_walfile_name(pg_switch_wal()) as file");
    assertEquals((await primary.stop()).code, 0);
    await mark(primary);
    await Deno.writeTextFile(join(archive, "open"), "");
    await standby.start();
    await promote(bench, { db: "db1", followers: ["db2"] });
    await bench.assign("db2", primary.uid, following("db1", { pgParameters }));
    await primary.start();
    await bench.waitConverged("db2");
    await waitForRows(primary, 1);
    assertFalse(await isMarked(primary));
    assert((await Deno.stat(join(archive, String(row?.["file"])))).isFile);
  },
);

benchTest(
  "an archive that is out of order does not keep a former primary out; what is lost is named",
  {},
  async (bench) => {
    const pgParameters = { archive_mode: "on", archive_command: "false" };
    const primary = await startPrimary(bench, { pgParameters });
    const standby = await startStandby(bench, { uid: "s", db: "db1" });
    assertEquals((await standby.stop()).code, 0);
    await primary.sql("insert into t values (90)");
    const [row] = await primary.sql("select pg_walfile_name(pg_switch_wal()) as file");
    assertEquals((await primary.stop()).code, 0);
    await standby.start();
    await promote(bench, { db: "db1", followers: ["db2"] });
    await bench.assign("db2", primary.uid, following("db1", { pgParameters }));
    await primary.start();
    // One file is tried for half a minute.
    await bench.waitConverged("db2", { timeoutMs: 120_000 });
    await waitForRows(primary, 1);
    const lines = (await primary.log()).split("\n");
    const said = lines.find((line) => line.includes("WAL that waits for the archiver could not be archived"));
    assertStringIncludes(said ?? "", String(row?.["file"]));
  },
);

benchTest(
  "nothing is removed while the source cannot be reached, or has no slot for us",
  {},
  async (bench) => {
    const primary = await startPrimary(bench);
    const other = await bench.keeper("other");
    await bench.assign("other_db", "other", { initMode: "new" });
    await other.start();
    await bench.waitConverged("other_db");
    await mark(other);
    assertEquals((await primary.stop()).code, 0);
    await bench.assign("db2", "other", following("primary"));
    await waitUntil(
      "the keeper says that the source cannot be reached",
      async () => (await other.log()).includes("db primary does not take us"),
    );
    assert(await isMarked(other));
    await primary.start();
    await bench.waitConverged("primary");
    await waitUntil(
      "the keeper says that the slot is missing",
      async () => (await other.log()).includes("the slot stolon_db2 does not exist"),
    );
    assert(await isMarked(other));
    await bench.change("primary", { followers: ["db2"] });
    await bench.waitConverged("db2");
    await waitForRows(other, 1);
    assertFalse(await isMarked(other));
  },
);

benchTest("an assignment that is no longer a resync leaves a foreign directory alone", {}, async (bench) => {
  const primary = await startPrimary(bench);
  await bench.assign("stranger", primary.uid, { initMode: "none" });
  await waitUntil(
    "the keeper says that the directory is not the db's",
    async () => (await primary.log()).includes("the data directory was changed from outside"),
  );
  assertEquals(await primary.sql("select i from t"), [{ i: 1 }]);
});
