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
