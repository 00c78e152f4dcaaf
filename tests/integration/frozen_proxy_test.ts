/** A proxy that stood still while the primary changed forwards nothing to the old one when it wakes up. */
import { assert, assertEquals } from "@std/assert";
import { clusterTest, HeldConnection, query, QUICK_SPEC, type StoreKind, waitUntil } from "./harness/mod.ts";

const STORES: readonly StoreKind[] = ["sqlite", "etcdv3"];

for (const store of STORES) {
  clusterTest(`${store}: a frozen proxy holds the failover up only so long and is fenced when it thaws`, {
    keepers: 2,
    sentinels: 1,
    proxies: 2,
    store,
    spec: QUICK_SPEC,
  }, async (cluster) => {
    const [, frozen] = cluster.proxies;
    assert(frozen !== undefined);
    const old = await cluster.master();
    await using held = await HeldConnection.open(cluster.throughProxy(1));
    await held.query("CREATE TABLE t (word text)");
    await held.query("INSERT INTO t VALUES ('before')");

    // The old primary's PostgreSQL lives on as a primary: only its keeper and one proxy know nothing any more.
    frozen.process.freeze();
    old.keeper.freeze();
    held.send("INSERT INTO t VALUES ('into the frozen proxy')");
    const next = await cluster.waitForMasterOtherThan(old.keeperUid);
    await waitUntil("a write through the proxy that lives", async () => {
      await cluster.query("INSERT INTO t VALUES ('after')");
      return true;
    });

    frozen.process.thaw();
    await waitUntil("the thawed proxy cuts its client off", () => held.isCut);
    const onOld = await query(cluster.direct(old.keeper), "SELECT word FROM t");
    assertEquals(onOld.map((row) => row["word"]), ["before"]);
    await waitUntil("the thawed proxy serves the new primary", async () => {
      const rows = await query(cluster.throughProxy(1), "SELECT word FROM t WHERE word = 'after'");
      return rows.length === 1;
    });
    assertEquals((await cluster.master()).keeperUid, next.keeperUid);

    old.keeper.thaw();
    await cluster.waitSettled();
  });
}
