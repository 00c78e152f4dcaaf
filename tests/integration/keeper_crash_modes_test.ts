/**
 * As keeper_crash_test.ts, for the init modes `pitr` and `existing`: a keeper killed at any border between two steps is
 * started again and ends in the right state.
 */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { archived, asOwner, copyInstance, startArchivingPrimary } from "./harness/bench_backup.ts";
import { type BenchKeeper, benchTest, type KeeperBench } from "./harness/keeper_bench.ts";

const START = [
  "after writeSignals 1",
  "after writeConfiguration 1",
  "after writeHba 1",
  "after startServer 1",
  "after saveGeneration 1",
];

// A keeper that finds PostgreSQL left running stops it too, so stops cannot be counted: this is the border after the stop.
const AFTER_STOP = "before completeInitialisation 1";

const RESTORE = [
  "after beginInitialisation 1",
  "after clearDirectory 1",
  "after restoreBackup 1",
  "after writeSignals 1",
  "after startForSetup 1",
  "after awaitRecoveryEnd 1",
  "after takeOverParameters 1",
  "after setUpRoles 1",
  AFTER_STOP,
  "after completeInitialisation 1",
  ...START,
];

const TAKE_OVER = [
  "after keepOriginalFiles 1",
  "after startForSetup 1",
  "after takeOverParameters 1",
  "after setUpRoles 1",
  AFTER_STOP,
  "after completeInitialisation 1",
  ...START,
];

/**
 * Lives of one keeper, each killed one border further than the one before, and a last one that ends in the state that was
 * asked for. Each life begins with what the one before left.
 */
async function killAtEach(
  bench: KeeperBench,
  keeper: BenchKeeper,
  borders: readonly string[],
): Promise<void> {
  for (const border of borders) {
    keeper.crashAt = border;
    keeper.launch();
    await bench.know(keeper.uid);
    assertEquals((await keeper.process.status).signal, "SIGKILL", border);
  }
  keeper.crashAt = "";
  await keeper.start();
}

benchTest("kill -9 after each step of a restored instance", {}, async (bench) => {
  const archive = await bench.directoryFor("archive of wal");
  const files = await bench.directoryFor("backup files");
  const primary = await startArchivingPrimary(bench, archive);
  await copyInstance(bench, primary, { directory: files, args: ["-X", "none"] });
  await primary.sql("select pg_create_restore_point('here')");
  await primary.sql("insert into t values (2)");
  await archived(primary);
  assertEquals((await primary.stop()).code, 0);
  const keeper = await bench.keeper("k");
  await bench.assign("db", keeper.uid, {
    initMode: "pitr",
    includePreviousConfig: true,
    pitrConfig: {
      dataRestoreCommand: `cp -a "${files}/." "%d"`,
      archiveRecoverySettings: { restoreCommand: `cp "${archive}/%f" "%p"` },
      recoveryTargetSettings: { recoveryTargetName: "here" },
    },
    // The backup's parameters are taken over, its archive is not to be written to.
    pgParameters: { archive_command: "true" },
  });
  await killAtEach(bench, keeper, RESTORE);
  const { timelineID } = await bench.waitConverged("db");
  assertEquals(timelineID, 2, "no given up life has put its timeline into the archive");
  const [row] = await keeper.sql(
    "select count(*)::int as n, pg_is_in_recovery() as r, current_setting('archive_mode') as a from t",
  );
  assertEquals(row, { n: 1, r: false, a: "on" });
});

benchTest("kill -9 after each step of taking over an existing instance", {}, async (bench) => {
  const keeper = await bench.keeper("k");
  const home = await bench.directoryFor("k");
  const data = join(home, "postgres");
  const script = `"${bench.binDir}/initdb" -D "${data}" -U postgres -A trust >/dev/null && ` +
    `echo "work_mem = '11MB'" >> "${data}/postgresql.conf" && ` +
    `echo "maintenance_work_mem = '99MB'" >> "${data}/postgresql.auto.conf" && touch "${data}/mark"`;
  await asOwner(["/bin/sh", "-c", script]);
  await bench.assign("db", keeper.uid, { initMode: "existing", includePreviousConfig: true });
  await killAtEach(bench, keeper, TAKE_OVER);
  await bench.waitConverged("db");
  const [row] = await keeper.sql(
    "select current_setting('work_mem') as w, current_setting('maintenance_work_mem') as m, " +
      "pg_is_in_recovery() as r, (select rolreplication from pg_roles where rolname = 'replicator') as u",
  );
  assertEquals(row, { w: "11MB", m: "99MB", r: false, u: true });
  await Deno.stat(join(keeper.pgData, "mark"));
});
