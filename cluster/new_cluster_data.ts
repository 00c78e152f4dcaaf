// This module is pure.
/** The first document of a cluster, as `stolonctl init` and a sentinel with `--initial-cluster-spec` write it. */
import { type ClusterData, FORMAT_VERSION, ZERO_TIME } from "./clusterdata.ts";
import type { ClusterSpec } from "./spec.ts";

/** A cluster that nobody has begun to initialise. `clusterUid` must be new; `now` is RFC 3339. */
export function newClusterData(spec: ClusterSpec, at: { clusterUid: string; now: string }): ClusterData {
  return {
    formatVersion: FORMAT_VERSION,
    changeTime: at.now,
    cluster: {
      uid: at.clusterUid,
      generation: 1,
      changeTime: at.now,
      spec,
      status: { currentGeneration: 0, phase: "initializing", master: "" },
    },
    keepers: {},
    dbs: {},
    proxy: { uid: "", generation: 0, changeTime: ZERO_TIME, spec: { masterDbUid: "", enabledProxies: [] } },
  };
}
