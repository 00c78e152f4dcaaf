// This module is pure.
import type { Cluster, ClusterData } from "../cluster/clusterdata.ts";
import type { ClusterSpec } from "../cluster/spec.ts";

/** A document that somebody has initialised. */
export type InitialisedData = ClusterData & { readonly cluster: Cluster };

/**
 * The document with another specification: the cluster's generation grows by one. `now` is RFC 3339. The document's own
 * `changeTime` stays: its age shows whether a sentinel leads.
 */
export function withSpec(data: InitialisedData, to: { spec: ClusterSpec; now: string }): ClusterData {
  const { cluster } = data;
  return {
    ...data,
    cluster: { ...cluster, generation: cluster.generation + 1, changeTime: to.now, spec: to.spec },
  };
}
