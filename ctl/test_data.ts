// This module is pure.
/** Documents for the tests of what is shown: a case says only what differs. */
import {
  type ClusterData,
  type Db,
  type DbSpec,
  type DbStatus,
  type Keeper,
  ZERO_TIME,
} from "../cluster/clusterdata.ts";
import { newClusterData } from "../cluster/new_cluster_data.ts";
import type { ClusterSpec } from "../cluster/spec.ts";

/** A keeper, healthy unless said otherwise. */
export function keeper(uid: string, status: Partial<Keeper["status"]> = {}): Keeper {
  return {
    uid,
    generation: 1,
    changeTime: ZERO_TIME,
    status: {
      healthy: true,
      lastHealthyTime: ZERO_TIME,
      bootUUID: "b",
      postgresBinaryVersion: { Maj: 15, Min: 0 },
      forceFail: false,
      canBeMaster: undefined,
      canBeSynchronousReplica: undefined,
      ...status,
    },
  };
}

/** A db on a keeper: a master when it follows nobody. */
export function db(uid: string, options: {
  readonly keeper: string;
  readonly follows?: string;
  readonly generation?: number;
  readonly spec?: Partial<DbSpec>;
  readonly status?: Partial<DbStatus>;
}): Db {
  const { follows, generation = 2 } = options;
  return {
    uid,
    generation,
    changeTime: ZERO_TIME,
    spec: {
      keeperUID: options.keeper,
      requestTimeout: "10s",
      maxStandbys: 20,
      synchronousReplication: false,
      usePgrewind: false,
      additionalWalSenders: 5,
      additionalReplicationSlots: null,
      initMode: "none",
      newConfig: null,
      pitrConfig: null,
      pgParameters: {},
      pgHBA: null,
      role: follows === undefined ? "master" : "standby",
      followConfig: follows === undefined ? null : { type: "internal", dbuid: follows },
      followers: [],
      includePreviousConfig: false,
      synchronousStandbys: null,
      externalSynchronousStandbys: null,
      ...options.spec,
    },
    status: {
      healthy: true,
      currentGeneration: generation,
      listenAddress: "10.0.0.1",
      port: "5432",
      systemdID: "7000000000000000001",
      timelineID: 1,
      xLogPos: 1n,
      timelinesHistory: [],
      pgParameters: {},
      synchronousStandbys: [],
      olderWalFile: "",
      ...options.status,
    },
  };
}

/** A document with these keepers (else those of the dbs) and dbs; the first db is the master. */
export function clusterData(parts: {
  readonly spec?: ClusterSpec;
  readonly keepers?: readonly Keeper[];
  readonly dbs?: readonly Db[];
}): ClusterData {
  const { dbs = [] } = parts;
  const keepers = parts.keepers ?? dbs.map((one) => keeper(one.spec.keeperUID));
  const data = newClusterData(parts.spec ?? { initMode: "new" }, { clusterUid: "c1", now: ZERO_TIME });
  if (data.cluster === null) return data;
  const phase = dbs.length === 0 ? "initializing" : "normal";
  return {
    ...data,
    cluster: { ...data.cluster, status: { currentGeneration: 1, phase, master: dbs[0]?.uid ?? "" } },
    keepers: Object.fromEntries(keepers.map((one) => [one.uid, one])),
    dbs: Object.fromEntries(dbs.map((one) => [one.uid, one])),
  };
}
