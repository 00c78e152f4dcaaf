// This module is pure.
/** Reading and rebuilding the view: small questions about it, and copies with something replaced. */
import type { ByUid, ClusterData, ClusterStatus, Db, DbSpec, Keeper } from "../cluster/clusterdata.ts";
import { sortedKeys } from "../cluster/clusterdata.ts";
import { sameValue } from "../cluster/same_value.ts";
import type { Look } from "./look.ts";

/** UID of the master's db; empty while there is none. */
export function masterUid(data: ClusterData): string {
  return data.cluster?.status.master ?? "";
}

/** The master's db. */
export function masterOf(data: ClusterData): Db | undefined {
  return data.dbs[masterUid(data)];
}

/** Maps never change, so their order is worked out once: every rule walks them, in every round. */
const IN_ORDER = new WeakMap<ByUid<unknown>, readonly unknown[]>();

function inOrder<T>(map: ByUid<T>): readonly T[] {
  const known = IN_ORDER.get(map);
  if (known !== undefined) return known as readonly T[];
  const values = sortedKeys(map).flatMap((uid) => map[uid] ?? []);
  IN_ORDER.set(map, values);
  return values as readonly T[];
}

/** Dbs in the order in which every decision walks them. */
export function dbsOf(data: ClusterData): readonly Db[] {
  return inOrder(data.dbs);
}

/** Keepers in the order in which every decision walks them. */
export function keepersOf(data: ClusterData): readonly Keeper[] {
  return inOrder(data.keepers);
}

/** Whether this db has been told to be the cluster's head: a primary, or what follows an external one. */
export function isHead(db: Db): boolean {
  return db.spec.role === "master" || db.spec.followConfig?.type === "external";
}

/** A head that is no longer the master. */
export function isFormerMaster(data: ClusterData, db: Db): boolean {
  return db.uid !== masterUid(data) && isHead(db);
}

/** Everything that follows, or is to follow, the master: in order of UID. */
export function standbysOf(data: ClusterData): Db[] {
  return dbsOf(data).filter((db) => db.uid !== masterUid(data) && !isHead(db));
}

/** How people find a db: its UID and where it runs. */
export function nameOf(db: Db): string {
  return `db ${db.uid} on keeper ${db.spec.keeperUID}`;
}

/** How people find several dbs: `a1b2c3d4 (k1), e5f6a7b8 (k2)`. Empty for none. */
export function namesOf(data: ClusterData, uids: readonly string[]): string {
  return uids.toSorted().map((uid) => {
    const db = data.dbs[uid];
    return db === undefined ? uid : `${uid} (${db.spec.keeperUID})`;
  }).join(", ");
}

/**
 * Whether the master is at rest: the same as in the document that was read, healthy, and at the generation that was
 * asked for. Everything that isn't urgent waits for it.
 */
export function masterAtRest(data: ClusterData, look: Look): Db | undefined {
  const master = masterOf(data);
  if (master === undefined || masterUid(data) !== masterUid(look.original)) return undefined;
  return master.status.healthy && hasConverged(master, look) ? master : undefined;
}

/** Whether the keeper reports the generation that the document asked for. A db that is new in this look has not. */
export function hasConverged(db: Db, look: Look): boolean {
  return look.original.dbs[db.uid]?.generation === db.status.currentGeneration;
}

/** The view with some fields of a db's spec replaced; the same object when nothing differs. */
export function withDbSpec(data: ClusterData, uid: string, changes: Partial<DbSpec>): ClusterData {
  const db = data.dbs[uid];
  if (db === undefined) return data;
  const spec = { ...db.spec, ...changes };
  return sameValue(spec, db.spec) ? data : withDb(data, { ...db, spec });
}

/** The view with some fields of the specs of several dbs replaced; the same object when nothing differs. */
export function withDbSpecs(data: ClusterData, changes: ReadonlyMap<string, Partial<DbSpec>>): ClusterData {
  let hasChanged = false;
  const dbs = Object.entries(data.dbs).map(([uid, db]) => {
    const spec = { ...db.spec, ...changes.get(uid) };
    if (!changes.has(uid) || sameValue(spec, db.spec)) return [uid, db] as const;
    hasChanged = true;
    return [uid, { ...db, spec }] as const;
  });
  return hasChanged ? { ...data, dbs: Object.fromEntries(dbs) } : data;
}

/** The view with this db in it. */
export function withDb(data: ClusterData, db: Db): ClusterData {
  return { ...data, dbs: { ...data.dbs, [db.uid]: db } };
}

/** The view without these dbs. */
export function withoutDbs(data: ClusterData, uids: ReadonlySet<string>): ClusterData {
  if (uids.size === 0) return data;
  return { ...data, dbs: Object.fromEntries(Object.entries(data.dbs).filter(([uid]) => !uids.has(uid))) };
}

/** The view with some fields of the cluster's status replaced. */
export function withClusterStatus(data: ClusterData, changes: Partial<ClusterStatus>): ClusterData {
  if (data.cluster === null) return data;
  return { ...data, cluster: { ...data.cluster, status: { ...data.cluster.status, ...changes } } };
}

/** UIDs of the keepers that have a db. */
export function assignedKeepers(data: ClusterData): ReadonlySet<string> {
  return new Set(Object.values(data.dbs).map((db) => db.spec.keeperUID));
}
