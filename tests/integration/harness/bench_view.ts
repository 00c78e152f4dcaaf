/** Pieces of a cluster view that a test writes by hand. */
import {
  type ClusterData,
  type Db,
  type DbSpec,
  type Keeper,
  ZERO_TIME,
} from "../../../cluster/clusterdata.ts";
import type { KeeperInfo } from "../../../cluster/infos.ts";

/** The spec of a db with nothing special about it. */
export const PLAIN_DB: DbSpec = {
  keeperUID: "",
  requestTimeout: "5s",
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
  role: "master",
  followConfig: null,
  followers: [],
  includePreviousConfig: false,
  synchronousStandbys: null,
  externalSynchronousStandbys: null,
};

/** A keeper whose next start is still to be seen. */
export function unseenKeeper(uid: string): Keeper {
  const postgresBinaryVersion = { Maj: 0, Min: 0 };
  return keeperEntry({
    uid,
    infoUID: "",
    clusterUID: "",
    bootUUID: "none",
    postgresBinaryVersion,
    canBeMaster: true,
    canBeSynchronousReplica: true,
    postgresState: null,
  });
}

/** What a sentinel would note of a keeper. */
export function keeperEntry(info: KeeperInfo): Keeper {
  return {
    uid: info.uid,
    generation: 1,
    changeTime: ZERO_TIME,
    status: {
      healthy: true,
      lastHealthyTime: ZERO_TIME,
      bootUUID: info.bootUUID,
      postgresBinaryVersion: info.postgresBinaryVersion,
      forceFail: false,
      canBeMaster: info.canBeMaster,
      canBeSynchronousReplica: info.canBeSynchronousReplica,
    },
  };
}

/** A db of which nothing is known yet. */
export function newDb(uid: string, spec: DbSpec): Db {
  const status = {
    healthy: false,
    currentGeneration: 0,
    listenAddress: "",
    port: "",
    systemdID: "",
    timelineID: 0,
    xLogPos: 0n,
    timelinesHistory: [],
    pgParameters: {},
    synchronousStandbys: [],
    olderWalFile: "",
  };
  return { uid, generation: 1, changeTime: ZERO_TIME, spec, status };
}

/** The view with every db's status as its keeper last reported it. */
export function withReported(data: ClusterData, infos: readonly KeeperInfo[]): ClusterData {
  const dbs = { ...data.dbs };
  for (const { postgresState: state } of infos) {
    const db = state === null ? undefined : dbs[state.uid];
    if (state === null || db === undefined) continue;
    const { systemID, generation, uid: _uid, ...rest } = state;
    dbs[db.uid] = { ...db, status: { ...rest, systemdID: systemID, currentGeneration: generation } };
  }
  return { ...data, dbs };
}
