/** What a seed makes of a cluster: its size, its specification, how its clocks drift. */
import type { ClusterSpec } from "../../cluster/spec.ts";
import type { Shape } from "./cluster.ts";
import type { KeeperOptions } from "./keeper.ts";
import type { Random } from "./random.ts";

export function drawShape(random: Random): Shape {
  const keeperCount = random.pick([2, 3, 3, 3, 4]);
  const spec = drawSpec(random);
  const allServe = (spec.maxStandbysPerSender ?? 0) >= keeperCount - 1;
  return {
    spec,
    keepers: Array.from({ length: keeperCount }, (_, index) => drawKeeper(random, { index, allServe })),
    sentinels: random.pick([1, 2, 2, 3]),
    proxies: random.pick([1, 2, 2, 3]),
    clients: random.pick([0, 2, 2, 2]),
    drift: random.pick([0, 0.001, 0.01]),
  };
}

/**
 * The first two may do everything, so that every cluster can live. One that may not be synchronous could take the place of
 * one that may, unless there is a place for each.
 */
function drawKeeper(
  random: Random,
  { index, allServe }: { readonly index: number; readonly allServe: boolean },
): KeeperOptions {
  const mayNot = index >= 2 && random.chance(0.15);
  const mayNotBeSynchronous = index >= 2 && allServe && random.chance(0.3);
  return { uid: `keeper${index}`, canBeMaster: !mayNot, canBeSynchronousReplica: !mayNotBeSynchronous };
}

function drawSpec(random: Random): ClusterSpec {
  const sleepSeconds = random.pick([1, 2, 5]);
  const failSeconds = random.pick([5, 10, 20]);
  const proxyTimeoutSeconds = random.pick([5, 10, 15]);
  return {
    initMode: "new",
    sleepInterval: `${sleepSeconds}s`,
    failInterval: `${failSeconds}s`,
    convergenceTimeout: `${random.pick([15, 30])}s`,
    initTimeout: "1m",
    proxyCheckInterval: `${random.pick([1, 2, proxyTimeoutSeconds / 2])}s`,
    proxyTimeout: `${proxyTimeoutSeconds}s`,
    maxStandbysPerSender: random.pick([1, 2, 3]),
    synchronousReplication: random.chance(0.6),
    minSynchronousStandbys: random.pick([0, 1, 1]),
    maxSynchronousStandbys: random.pick([1, 2]),
    usePgrewind: random.chance(0.5),
    maxStandbyLag: random.pick([100_000, 1_232_896, 200_000_000]),
  };
}
