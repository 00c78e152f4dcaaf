/** Never may two proxies forward to different dbs at one instant, nor one generation of the proxy object name two. */
import type { Cluster } from "./cluster.ts";

const INVARIANT = "one primary for proxied clients";

const byGeneration = new WeakMap<Cluster, Map<number, string>>();

/** After each event. @throws {Violation} */
export function checkForwarding(cluster: Cluster): void {
  let present: string | undefined;
  for (const proxy of cluster.proxies) {
    const forwarding = proxy.forwardsTo();
    if (forwarding === undefined) continue;
    const { dbUid } = forwarding.target;
    if (present !== undefined && present !== dbUid) {
      cluster.world.violated(
        INVARIANT,
        `one proxy may forward to db ${present}, and ${proxy.node} to db ${dbUid}`,
      );
    }
    present = dbUid;
    checkGeneration(cluster, { dbUid, generation: forwarding.generation });
  }
}

function checkGeneration(
  cluster: Cluster,
  { dbUid, generation }: { dbUid: string; generation: number },
): void {
  let known = byGeneration.get(cluster);
  if (known === undefined) byGeneration.set(cluster, known = new Map());
  const before = known.get(generation);
  if (before === undefined) known.set(generation, dbUid);
  else if (before !== dbUid) {
    cluster.world.violated(
      INVARIANT,
      `generation ${generation} stood for db ${before}, and now for db ${dbUid}`,
    );
  }
}
