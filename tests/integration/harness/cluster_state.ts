// This module is pure.
/** What a test wants to know of the document in the store. */
import { type ClusterData, type Db, sortedKeys } from "../../../cluster/clusterdata.ts";

export interface Master {
  readonly keeperUid: string;
  readonly db: Db;
}

/** What "the whole cluster is in service" means. */
export interface Expected {
  readonly keepers: number;
  readonly proxies: number;
}

/** The master that proxies forward to; undefined while there is none. */
export function findMaster(data: ClusterData): Master | undefined {
  const db = data.dbs[data.proxy.spec.masterDbUid];
  return db === undefined ? undefined : { keeperUid: db.spec.keeperUID, db };
}

/** Healthy, and what it should be. */
export function isInService(db: Db): boolean {
  return db.status.healthy && db.generation > 0 && db.status.currentGeneration === db.generation;
}

/** The dbs in service. */
export function dbsInService(data: ClusterData): Db[] {
  return sortedKeys(data.dbs).flatMap((uid) => data.dbs[uid] ?? []).filter(isInService);
}

/**
 * Every keeper has a db in service, all follow the master, the proxies forward, and under synchronous replication a
 * real standby, not the fake one, confirms commits.
 */
export function isSettled(data: ClusterData, expected: Expected): boolean {
  const master = findMaster(data);
  if (master === undefined || !isInService(master.db)) return false;
  if (data.proxy.spec.enabledProxies.length !== expected.proxies) return false;
  if (master.db.spec.synchronousReplication && !isSynchronous(master.db)) return false;
  const others = sortedKeys(data.dbs).filter((uid) => uid !== master.db.uid);
  return dbsInService(data).length === expected.keepers && others.length === expected.keepers - 1 &&
    others.every((uid) => master.db.spec.followers.includes(uid));
}

function isSynchronous({ spec, status }: Db): boolean {
  const required = spec.synchronousStandbys ?? [];
  return required.length > 0 && (spec.externalSynchronousStandbys ?? []).length === 0 &&
    required.every((uid) => status.synchronousStandbys.includes(uid));
}
