/** A standby cluster that lives from an archive only: nothing is streamed to it, and it is promoted all the same. */
import { assert, assertEquals } from "@std/assert";
import type { FollowConfig } from "../../cluster/clusterdata.ts";
import { archived, copyInstance, startArchivingPrimary } from "./harness/bench_backup.ts";
import { following, waitForRows } from "./harness/bench_parts.ts";
import { benchTest } from "./harness/keeper_bench.ts";

benchTest("a standby cluster lives from an archive alone, and is promoted", {}, async (bench) => {
  const archive = await bench.directoryFor("archive of wal");
  const outside = await startArchivingPrimary(bench, archive);
  const files = await bench.directoryFor("backup files");
  await copyInstance(bench, outside, { directory: files, args: ["-X", "none"] });
  await archived(outside);
  const keeper = await bench.keeper("k");
  const followConfig: FollowConfig = {
    type: "external",
    standbySettings: null,
    archiveRecoverySettings: { restoreCommand: `cp "${archive}/%f" "%p"` },
  };
  await bench.assign("db", "k", {
    initMode: "pitr",
    role: "standby",
    pitrConfig: { dataRestoreCommand: `cp -a "${files}/." "%d"` },
    followConfig,
  });
  await keeper.start();
  const { xLogPos: first } = await bench.waitConverged("db");
  assert(first > 0n, "a position is reported although nothing is received");
  assertEquals(await keeper.sql("select count(*)::int as n from pg_stat_wal_receiver"), [{ n: 0 }]);

  await bench.change("db", { initMode: "none", followers: ["inner"] });
  const inner = await bench.keeper("inner_keeper");
  await bench.assign("inner", inner.uid, following("db"));
  await inner.start();
  await bench.waitConverged("inner");
  await outside.sql("insert into t values (2)");
  await archived(outside);
  await waitForRows(keeper, 2);
  await waitForRows(inner, 2);
  const { systemID } = await bench.waitConverged("db");
  assertEquals(systemID, (await bench.waitConverged("primary")).systemID);

  // It is started again without its source: only what is in the archive counts.
  assertEquals((await keeper.stop()).code, 0);
  await outside.sql("insert into t values (3)");
  await archived(outside);
  assertEquals((await outside.stop()).code, 0);
  await keeper.start();
  await waitForRows(keeper, 3);
  const { xLogPos: last } = await bench.waitConverged("db");
  assert(last > first, "the reported position moves on");

  await bench.change("db", { role: "master", followConfig: null });
  const { timelineID } = await bench.waitConverged("db");
  assertEquals(timelineID, 2);
  assertEquals(await keeper.sql("show restore_command"), [{ restore_command: "" }]);
  await keeper.sql("insert into t values (4)");
  await waitForRows(inner, 4);
});
