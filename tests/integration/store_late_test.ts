/** Roles that start while the store is away: they keep trying without a flood of words, and end when asked to. */
import { assert, assertEquals } from "@std/assert";
import { Cluster, QUICK_SPEC, waitUntil, withLogTails } from "./harness/mod.ts";

const SHAPE = { keepers: 2, sentinels: 1, proxies: 1, store: "etcdv3", spec: QUICK_SPEC } as const;
/** Long enough for a role to have tried several times. */
const AWAY_MS = 8_000;
/** What a role may say at its start, and about a store that is away, in that time. */
const FEW_LINES = 40;

async function startWithoutStore(): Promise<Cluster> {
  const cluster = await Cluster.prepare(SHAPE);
  await cluster.etcd.kill();
  cluster.startRoles();
  return cluster;
}

Deno.test("roles started before the store keep trying, and the cluster comes up when it is there", async () => {
  await using cluster = await startWithoutStore();
  await withLogTails(cluster, async () => {
    await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
    const proxies = cluster.proxies.map(({ process }) => process);
    for (const role of [...cluster.keepers, ...cluster.sentinels, ...proxies]) {
      assert(await role.isRunning(), `${role.name} has ended`);
      const lines = (await Deno.readTextFile(role.logFile)).split("\n").length;
      assert(lines <= FEW_LINES, `${role.name} wrote ${lines} lines`);
    }
    await cluster.etcd.start();
    await cluster.waitSettled();
    await waitUntil("a write through the proxy", async () => {
      await cluster.query("CREATE TABLE t (id int)");
      return true;
    });
  });
});

Deno.test("roles whose store is away or frozen end cleanly and soon when asked to", async () => {
  await using cluster = await Cluster.start(SHAPE);
  await withLogTails(cluster, async () => {
    cluster.etcd.freeze();
    const proxies = cluster.proxies.map(({ process }) => process);
    for (const role of [...proxies, ...cluster.sentinels, ...cluster.keepers]) {
      const { code } = await role.stop();
      assertEquals(code, 0, role.name);
    }
    for (const keeper of cluster.keepers) assertEquals(await keeper.postmasterPid(), undefined);
  });
});
