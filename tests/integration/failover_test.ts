/** A cluster comes up, replicates, and goes on when its primary dies, is stopped, or falls silent; the old one rejoins. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { type Cluster, clusterTest, query, QUICK_SPEC, type StoreKind, waitUntil } from "./harness/mod.ts";

const STORES: readonly StoreKind[] = ["sqlite", "etcdv3"];

async function rowsOn(cluster: Cluster, uid: string): Promise<number> {
  const rows = await query(cluster.direct(cluster.keeper(uid)), "SELECT count(*) AS n FROM t");
  return Number(rows[0]?.["n"]);
}

async function waitForRowsEverywhere(cluster: Cluster, expected: number): Promise<void> {
  for (const { uid } of cluster.keepers) {
    await waitUntil(`${expected} rows on ${uid}`, async () => await rowsOn(cluster, uid) === expected);
  }
}

for (const store of STORES) {
  const shape = { keepers: 3, sentinels: 2, proxies: 1, store, spec: QUICK_SPEC };

  clusterTest(`${store}: a cluster replicates, fails over after SIGKILL and takes the old primary back`, {
    ...shape,
  }, async (cluster) => {
    await cluster.query("CREATE TABLE t (id int PRIMARY KEY)");
    await cluster.query("INSERT INTO t SELECT generate_series(1, 1000)");
    await waitForRowsEverywhere(cluster, 1000);

    const old = await cluster.master();
    await old.keeper.killWithPostgres();
    const next = await cluster.waitForMasterOtherThan(old.keeperUid);
    await waitUntil("a write on the new primary", async () => {
      await cluster.query("INSERT INTO t VALUES (1001)");
      return true;
    });
    assertEquals(await rowsOn(cluster, next.keeperUid), 1001);

    old.keeper.start();
    const data = await cluster.waitSettled();
    assertEquals(data.dbs[data.proxy.spec.masterDbUid]?.spec.keeperUID, next.keeperUid);
    await waitForRowsEverywhere(cluster, 1001);
    const [row] = await query(cluster.direct(old.keeper), "SELECT pg_is_in_recovery() AS standby");
    assertEquals(row, { standby: true });
  });

  clusterTest(`${store}: a primary whose keeper is stopped is replaced`, shape, async (cluster) => {
    const old = await cluster.master();
    const { code } = await old.keeper.stop();
    assertEquals(code, 0);
    assertEquals(await old.keeper.postmasterPid(), undefined);
    await cluster.waitForMasterOtherThan(old.keeperUid);
    await waitUntil("a write on the new primary", async () => {
      await cluster.query("CREATE TABLE after_stop (id int)");
      return true;
    });
    old.keeper.start();
    await cluster.waitSettled();
  });
}

clusterTest("a killed PostgreSQL under a living keeper is started again, without a failover", {
  keepers: 2,
  sentinels: 1,
  proxies: 1,
  store: "sqlite",
  spec: { ...QUICK_SPEC, failInterval: "30s" },
}, async (cluster) => {
  const master = await cluster.master();
  const before = await master.keeper.postmasterPid();
  await master.keeper.killPostgres();
  const after = await waitUntil("PostgreSQL started again", () => master.keeper.postmasterPid());
  assertNotEquals(after, before);
  await waitUntil("writes", async () => {
    await cluster.query("CREATE TABLE IF NOT EXISTS t (id int)");
    return true;
  });
  assertEquals((await cluster.master()).keeperUid, master.keeperUid);
});

clusterTest("when the leading sentinel dies together with the primary, the other one fails over", {
  keepers: 2,
  sentinels: 2,
  proxies: 1,
  store: "sqlite",
  spec: QUICK_SPEC,
}, async (cluster) => {
  const old = await cluster.master();
  const { stdout } = await cluster.ctl("status", "-f", "json");
  assertEquals(JSON.parse(stdout).sentinels.length, 2);
  await Promise.all([old.keeper.killWithPostgres(), cluster.sentinels[0]?.kill()]);
  await cluster.waitForMasterOtherThan(old.keeperUid);
  await waitUntil("a write on the new primary", async () => {
    await cluster.query("CREATE TABLE t (id int)");
    return true;
  });
});
