// This module is pure.
/** Whether a store that holds no cluster is a new one, or has lost the cluster that it held. */
import type { Observation } from "./decision.ts";
import { type DecisionEvent, waiting } from "./events.ts";

/**
 * Undefined: nothing speaks of a cluster, a first one may be begun. Else why not: keepers obey whatever view there is,
 * and would make way for a new cluster's data. A process that has just begun, and looks before any keeper has published,
 * knows nothing.
 */
export function lostCluster({ memory, keeperInfos }: Observation): DecisionEvent | undefined {
  const members = keeperInfos.filter(({ clusterUID }) => clusterUID !== "");
  const clusters = [...new Set([memory.clusterUid, ...members.map(({ clusterUID }) => clusterUID)])]
    .filter((uid) => uid !== "").sort();
  if (clusters.length === 0) return undefined;
  const reason =
    `the store seems to have lost the cluster ${clusters.join(", ")}: it holds no cluster data, and a ` +
    "new one would replace the keepers' data, so none is begun; to recover, run stolonctl init with " +
    '{"initMode":"existing","existingConfig":{"keeperUID":"<keeper of the last primary>"}}';
  const keepers = members.map(({ uid }) => uid).sort();
  return waiting({ rule: "cluster spec", level: "error", reason, facts: { keepers } });
}
