/** A keeper killed at any border between two steps of any init mode is started again and ends in the right state. */
import { assertEquals } from "@std/assert";
import type { DbSpec } from "../../cluster/clusterdata.ts";
import { type BenchKeeper, benchTest, type KeeperBench } from "./harness/keeper_bench.ts";
import { waitUntil } from "./harness/wait.ts";

const START = ["writeSignals", "writeConfiguration", "writeHba", "startServer", "saveGeneration"];

const NEW = [
  "beginInitialisation",
  "clearDirectory",
  "runInitdb",
  "startForSetup",
  "takeOverParameters",
  "setUpRoles",
  "stopServer",
  "completeInitialisation",
  ...START,
];

const COPY = [
  "lookAtSource",
  "beginInitialisation",
  "clearDirectory",
  "copySource",
  "completeInitialisation",
  ...START,
];

benchTest("kill -9 after each step of a new instance", {}, async (bench) => {
  for (const [index, step] of NEW.entries()) {
    const uid = `new${index}`;
    const keeper = await bench.keeper(uid, { crashAt: `after ${step} 1` });
    await bench.edit((data) => ({ ...data, dbs: {} }));
    keeper.launch();
    await bench.know(uid);
    await bench.assign(`db${index}`, uid, { initMode: "new", includePreviousConfig: true });
    await keeper.process.status;
    keeper.crashAt = "";
    await keeper.start();
    const state = await bench.waitConverged(`db${index}`);
    assertEquals(state.pgParameters["shared_buffers"], "128MB", `after ${step}`);
    assertEquals(await keeper.sql("select pg_is_in_recovery() as r"), [{ r: false }], `after ${step}`);
    assertEquals((await keeper.stop()).code, 0);
  }
});

benchTest("kill -9 after each step of a full copy", {}, async (bench) => {
  const primary = await primaryWithRow(bench);
  for (const [index, step] of COPY.entries()) {
    const uid = `copy${index}`;
    const keeper = await bench.keeper(uid, { crashAt: `after ${step} 1` });
    await bench.change("primary", { followers: [`db${index}`] });
    await bench.assign(`db${index}`, uid, FOLLOW_PRIMARY);
    keeper.launch();
    await bench.know(uid);
    await keeper.process.status;
    keeper.crashAt = "";
    await keeper.start();
    await bench.waitConverged(`db${index}`);
    await waitUntil(`the row on ${uid}, after ${step}`, async () => {
      const [row] = await keeper.sql("select count(*)::int as n, pg_is_in_recovery() as r from t");
      return row?.["n"] === 1 && row?.["r"] === true;
    });
    assertEquals((await keeper.stop()).code, 0);
  }
  assertEquals((await primary.stop()).code, 0);
});

benchTest("kill -9 after each step of a promotion", {}, async (bench) => {
  await primaryWithRow(bench);
  const steps = ["startServer", "promote", "createSlot", "saveGeneration"];
  for (const [index, step] of steps.entries()) {
    const uid = `standby${index}`;
    const keeper = await bench.keeper(uid);
    await bench.change("primary", { followers: [`db${index}`] });
    await bench.assign(`db${index}`, uid, FOLLOW_PRIMARY);
    await keeper.start();
    await bench.waitConverged(`db${index}`);
    assertEquals((await keeper.stop()).code, 0);
    await bench.change(`db${index}`, {
      initMode: "none",
      role: "master",
      followConfig: null,
      followers: ["x"],
    });
    keeper.crashAt = `after ${step} 1`;
    await keeper.start();
    await keeper.process.status;
    keeper.crashAt = "";
    await keeper.start();
    await bench.waitConverged(`db${index}`);
    const [row] = await keeper.sql("select count(*)::int as n, pg_is_in_recovery() as r from t");
    assertEquals(row, { n: 1, r: false }, `after ${step}`);
    assertEquals((await keeper.stop()).code, 0);
  }
});

benchTest("kill -9 after each step of rewinding, and of following as it is", {}, async (bench) => {
  const keepers = [await primaryWithRow(bench), await bench.keeper("other")] as const;
  const spec = { usePgrewind: true };
  await bench.change("primary", { ...spec, initMode: "none", followers: ["first"] });
  await bench.assign("first", "other", { ...FOLLOW_PRIMARY, ...spec });
  await keepers[1].start();
  await bench.waitConverged("first");
  let master = { keeper: keepers[0], db: "primary" };
  let standby = { keeper: keepers[1], db: "first" };
  const start = ["writeSignals", "writeConfiguration", "writeHba", "startServer", "completeInitialisation"];
  const rewind = [
    "recoverFromCrash",
    "measureLocalWal",
    "archiveWaitingWal",
    "beginInitialisation",
    "rewindToSource",
    ...start,
  ];
  const follow = ["beginTrial", ...start];
  const borders = [
    ...rewind.map((step) => ({ step, crash: true })),
    ...follow.map((step) => ({ step, crash: false })),
  ];
  for (const [index, { step, crash }] of borders.entries()) {
    const what = `${crash ? "rewind" : "follow"}, after ${step}`;
    const { keeper } = master;
    if (crash) {
      await keeper.kill();
      await keeper.killPostgres();
    } else assertEquals((await keeper.stop()).code, 0);
    await bench.edit((data) => {
      const { [master.db]: _gone, ...dbs } = data.dbs;
      return { ...data, dbs };
    });
    const db = `again${index}`;
    await bench.change(standby.db, { initMode: "none", role: "master", followConfig: null, followers: [db] });
    await bench.waitConverged(standby.db);
    await standby.keeper.sql("insert into t values (0)");
    const followConfig = { type: "internal" as const, dbuid: standby.db };
    await bench.assign(db, keeper.uid, { ...spec, initMode: "resync", role: "standby", followConfig });
    keeper.crashAt = `after ${step} 1`;
    await keeper.start();
    await keeper.process.status;
    keeper.crashAt = "";
    await keeper.start();
    await bench.waitConverged(db);
    await waitUntil(`${index + 2} rows, ${what}`, async () => {
      const [row] = await keeper.sql("select count(*)::int as n, pg_is_in_recovery() as r from t");
      return row?.["n"] === index + 2 && row?.["r"] === true;
    });
    await bench.change(db, { initMode: "none" });
    await bench.waitConverged(db);
    [master, standby] = [standby, { keeper, db }];
  }
});

const FOLLOW_PRIMARY: Partial<DbSpec> = {
  initMode: "resync",
  role: "standby",
  followConfig: { type: "internal", dbuid: "primary" },
};

async function primaryWithRow(bench: KeeperBench): Promise<BenchKeeper> {
  const primary = await bench.keeper("primary_keeper");
  await primary.start();
  await bench.assign("primary", primary.uid, { initMode: "new" });
  await bench.waitConverged("primary");
  await primary.sql("create table t as select 1 as i");
  return primary;
}
