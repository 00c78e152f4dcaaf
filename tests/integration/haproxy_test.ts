/** The example configuration of HAProxy, with nothing but addresses and ports put in place, follows a failover. */
import { assertEquals } from "@std/assert";
import { ensureHaproxy } from "../../scripts/setup.ts";
import {
  type Cluster,
  clusterTest,
  PortPool,
  query,
  QUICK_SPEC,
  REPOSITORY,
  waitUntil,
} from "./harness/mod.ts";

interface Balancer extends AsyncDisposable {
  readonly primaryPort: number;
  readonly standbyPort: number;
}

async function startHaproxy(cluster: Cluster): Promise<Balancer> {
  const program = await ensureHaproxy();
  const ports = new PortPool();
  const [primaryPort, standbyPort] = [await ports.take(), await ports.take()];
  let config = await Deno.readTextFile(`${REPOSITORY}/deploy/haproxy/haproxy.cfg`);
  config = config.replace("bind :5000", `bind 127.0.0.1:${primaryPort}`).replace(
    "bind :5001",
    `bind 127.0.0.1:${standbyPort}`,
  );
  for (const [index, keeper] of cluster.keepers.entries()) {
    const server = `10.0.0.${index + 1}:5432 check port 9431`;
    config = config.replaceAll(server, `127.0.0.1:${keeper.pgPort} check port ${keeper.metricsPort}`);
  }
  const file = `${cluster.directory}/haproxy.cfg`;
  await Deno.writeTextFile(file, config);
  const child = new Deno.Command(program, { args: ["-db", "-f", file], stdout: "null", stderr: "null" })
    .spawn();
  return {
    primaryPort,
    standbyPort,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
      await ports.release();
    },
  };
}

/** Port of the PostgreSQL that answers behind HAProxy, once one of the right kind does. */
async function whoAnswers(
  cluster: Cluster,
  { port, isStandby }: { readonly port: number; readonly isStandby: boolean },
): Promise<number> {
  const target = { ...cluster.throughProxy(), port };
  return await waitUntil(`a ${isStandby ? "standby" : "primary"} behind HAProxy`, async () => {
    const [row] = await query(
      target,
      "SELECT pg_is_in_recovery() AS standby, current_setting('port')::int AS port",
    );
    return row?.["standby"] === isStandby && Number(row["port"]);
  });
}

const SHAPE = { keepers: 3, sentinels: 1, proxies: 1, store: "sqlite", spec: QUICK_SPEC } as const;

clusterTest(
  "the example for HAProxy sends to the primary and to standbys, also after a failover",
  SHAPE,
  async (cluster) => {
    await using balancer = await startHaproxy(cluster);
    const old = await cluster.master();
    const primary = { port: balancer.primaryPort, isStandby: false };
    const standby = { port: balancer.standbyPort, isStandby: true };
    assertEquals(await whoAnswers(cluster, primary), old.keeper.pgPort);
    await whoAnswers(cluster, standby);
    await old.keeper.killWithPostgres();
    const next = await cluster.waitForMasterOtherThan(old.keeperUid);
    await waitUntil("HAProxy at the new primary", async () => {
      return await whoAnswers(cluster, primary) === cluster.keeper(next.keeperUid).pgPort;
    });
    await whoAnswers(cluster, standby);
  },
);

clusterTest("a replica that is too far behind is none", SHAPE, async (cluster) => {
  const { keeperUid } = await cluster.master();
  const replica = cluster.keepers.find(({ uid }) => uid !== keeperUid);
  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${replica?.metricsPort}${path}`);
    return `${response.status} ${(await response.text()).trim()}`;
  };
  await waitUntil("a replica", async () => await ask("/replica?lag=100000000") === "200 replica");
  assertEquals(await ask("/replica?lag=x"), "503 lag=x is not a number of bytes");
  assertEquals((await ask("/primary")).slice(0, 3), "503");
});
