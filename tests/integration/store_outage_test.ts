/** A store that is away changes nothing by itself: proxies drop what they can't vouch for, and all comes back alone. */
import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { type Cluster, clusterTest, HeldConnection, query, QUICK_SPEC, waitUntil } from "./harness/mod.ts";

const SHAPE = { keepers: 2, sentinels: 2, proxies: 1, spec: QUICK_SPEC };

/** The proxy lets nobody in: the connection is refused or closed without a word of PostgreSQL's. */
async function isRefused(cluster: Cluster): Promise<boolean> {
  try {
    await cluster.query("SELECT 1");
    return false;
  } catch {
    return true;
  }
}

async function outage(
  cluster: Cluster,
  { away, back }: { away(): void | Promise<void>; back(): void | Promise<void> },
): Promise<void> {
  const before = await cluster.clusterData();
  const master = await cluster.master();
  const postmasters = await Promise.all(cluster.keepers.map((keeper) => keeper.postmasterPid()));
  await using held = await HeldConnection.open(cluster.throughProxy());
  await held.query("CREATE TABLE t (id int)");

  await away();
  await waitUntil("the open connection is cut", () => held.isCut);
  await waitUntil("new clients are not served", () => isRefused(cluster));
  // PostgreSQL itself goes on, as primary, under the same process.
  await query(cluster.direct(master.keeper), "INSERT INTO t VALUES (1)");
  assertEquals(await Promise.all(cluster.keepers.map((keeper) => keeper.postmasterPid())), postmasters);
  for (const role of [...cluster.keepers, ...cluster.sentinels]) assert(await role.isRunning(), role.name);

  await back();
  await waitUntil("clients are served again", async () => {
    await cluster.query("INSERT INTO t VALUES (2)");
    return true;
  });
  const after = await cluster.waitSettled();
  assertEquals(after.proxy.spec.masterDbUid, before.proxy.spec.masterDbUid);
  assertEquals(after.cluster?.uid, before.cluster?.uid);
  assertEquals((await cluster.query("SELECT count(*)::int AS n FROM t"))[0]?.["n"], 2);
}

clusterTest("etcd killed and started again: clients are dropped, the same primary serves again", {
  ...SHAPE,
  store: "etcdv3",
}, (cluster) => outage(cluster, { away: () => cluster.etcd.kill(), back: () => cluster.etcd.start() }));

clusterTest("etcd frozen and thawed: clients are dropped, the same primary serves again", {
  ...SHAPE,
  store: "etcdv3",
}, (cluster) => outage(cluster, { away: () => cluster.etcd.freeze(), back: () => cluster.etcd.thaw() }));

clusterTest(
  "an embedded store that nobody can write to: clients are dropped, the same primary serves again",
  {
    ...SHAPE,
    store: "sqlite",
  },
  async (cluster) => {
    const file = cluster.storeFlags.endpoint.slice("file://".length);
    using database = new DatabaseSync(file, { timeout: 10_000 });
    await outage(cluster, {
      away: () => database.exec("BEGIN EXCLUSIVE"),
      back: () => database.exec("ROLLBACK"),
    });
  },
);
