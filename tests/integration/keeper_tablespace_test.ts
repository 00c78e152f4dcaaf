/**
 * Tablespaces on another volume. They have the same path on every machine, so each keeper here gets a mount namespace with
 * its own volume at that path; that takes root, and a machine that lets it mount.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { following } from "./harness/bench_parts.ts";
import { type BenchKeeper, KeeperBench } from "./harness/keeper_bench.ts";
import { postgresOwner } from "./harness/machine.ts";
import { waitUntil } from "./harness/wait.ts";

/** Starts what follows with a file system of its own at the path. */
async function withVolume(path: string): Promise<readonly string[]> {
  const owner = await postgresOwner();
  const options = `size=256m,mode=0700,uid=${owner?.uid},gid=${owner?.gid}`;
  const script = 'mount -t tmpfs -o "$1" tmpfs "$2" && shift 2 && exec "$@"';
  return ["unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", script, "sh", options, path];
}

/** The keeper's own view of its volume; needs the keeper alive. */
function seenBy(keeper: BenchKeeper, path: string): string {
  return `/proc/${keeper.process.pid}/root${path}`;
}

async function waitForFarRows(keeper: BenchKeeper, rows: number): Promise<void> {
  await waitUntil(`${rows} rows in the tablespace of the standby ${keeper.uid}`, async () => {
    const [row] = await keeper.sql("select count(*)::int as n, pg_is_in_recovery() as r from far_table");
    return row?.["n"] === rows && row["r"] === true;
  });
}

async function tablespaces(bench: KeeperBench): Promise<void> {
  const volume = await bench.directoryFor("another volume");
  const within = await withVolume(volume);
  const space = join(volume, "space");
  const primary = await bench.keeper("p", { within });
  await bench.assign("db1", "p", { initMode: "new" });
  await primary.start();
  await bench.waitConverged("db1");
  await bench.change("db1", { initMode: "none", followers: ["db2"] });
  await Deno.mkdir(seenBy(primary, space), { mode: 0o700 });
  const owner = await postgresOwner();
  if (owner !== undefined) await Deno.chown(seenBy(primary, space), owner.uid, owner.gid);
  await primary.sql(`create tablespace far location '${space}'`);
  await primary.sql("create table far_table tablespace far as select 1 as i");

  const standby = await bench.keeper("s", { within });
  await bench.assign("db2", "s", following("db1"));
  await standby.start();
  await bench.waitConverged("db2");
  await waitForFarRows(standby, 1);
  await bench.change("db2", { initMode: "none", role: "master", followConfig: null, followers: ["db3"] });
  await bench.waitConverged("db2");

  // Both are primaries now, and go their own ways.
  await primary.sql("create table only_here tablespace far as select 1 as i");
  await standby.sql("insert into far_table values (2), (3)");
  await bench.assign("db3", "p", following("db2"));
  await bench.waitConverged("db3");
  await waitForFarRows(primary, 3);
  assertStringIncludes(await primary.log(), "copying the followed instance");
  const file = async (keeper: BenchKeeper) => {
    const [row] = await keeper.sql("select pg_relation_filepath('far_table') as path");
    const path = String(row?.["path"]).replace(/^pg_tblspc\/\d+\//, "");
    const { size } = await Deno.stat(join(seenBy(keeper, space), path));
    return { path, size };
  };
  assertEquals(await file(primary), await file(standby));
  const orphans = await primary.sql("select to_regclass('only_here') as t");
  assertEquals(orphans, [{ t: null }]);
  for (const keeper of [primary, standby]) assertEquals((await keeper.stop()).code, 0);
}

function mayMount(): boolean {
  if (Deno.uid() !== 0) return false;
  const args = ["--mount", "/bin/sh", "-c", "mount -t tmpfs tmpfs /mnt"];
  return new Deno.Command("unshare", { args, stderr: "null" }).outputSync().success;
}

Deno.test({
  name: "tablespaces on another volume are emptied and filled again by a full copy",
  ignore: !mayMount(),
  async fn() {
    await using bench = await KeeperBench.open();
    try {
      await tablespaces(bench);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${reason}\n${await bench.logTails()}`, { cause: error });
    }
  },
});
