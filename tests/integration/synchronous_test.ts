/** Under synchronous replication no write that a client was told of is ever missing, whatever dies. */
import { assert, assertEquals } from "@std/assert";
import { clusterTest, QUICK_SPEC, type StoreKind } from "./harness/mod.ts";

const STORES: readonly StoreKind[] = ["sqlite", "etcdv3"];
const SPEC = { ...QUICK_SPEC, synchronousReplication: true };

for (const store of STORES) {
  clusterTest(`${store}: no acknowledged write is lost over two failovers`, {
    keepers: 3,
    sentinels: 2,
    proxies: 1,
    store,
    spec: SPEC,
  }, async (cluster) => {
    await using writer = cluster.writer();
    await writer.start();
    for (const round of [1, 2]) {
      const old = await cluster.master();
      const killedMs = performance.now();
      await old.keeper.killWithPostgres();
      await cluster.waitForMasterOtherThan(old.keeperUid);
      await writer.acknowledgedAfter(performance.now());
      assertEquals(await writer.missing(), [], `after failover ${round}`);
      assert(writer.longestOutage(killedMs).lengthMs > 0);
      old.keeper.start();
      await cluster.waitSettled();
    }
    await writer.stop();
    assertEquals(await writer.missing(), []);
    assert(writer.acknowledged.length > 100, `only ${writer.acknowledged.length} writes were acknowledged`);
  });
}

clusterTest("without its synchronous standby a primary acknowledges nothing, and goes on when one is back", {
  keepers: 2,
  sentinels: 1,
  proxies: 1,
  store: "sqlite",
  spec: SPEC,
}, async (cluster) => {
  const master = await cluster.master();
  const standby = cluster.keepers.find((keeper) => keeper.uid !== master.keeperUid);
  assert(standby !== undefined);
  await using writer = cluster.writer({ answerTimeoutMs: 2_000 });
  await writer.start();
  await standby.killWithPostgres();
  const deadMs = performance.now();
  // The view shows that the standby is given up; the set of those that must confirm stays as strict.
  await cluster.waitForData(
    "the standby is marked failed",
    (data) => Object.values(data.dbs).some((db) => db.spec.keeperUID === standby.uid && !db.status.healthy),
  );
  const during = writer.acknowledged.filter(({ atMs }) => atMs > deadMs + 50);
  assertEquals(during, [], "acknowledged while nobody else had the write");
  standby.start();
  await writer.acknowledgedAfter(performance.now());
  assertEquals(await writer.missing(), []);
});
