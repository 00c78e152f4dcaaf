// This module is pure.
import { type ClusterData, type Db, sortedKeys } from "../cluster/clusterdata.ts";

/**
 * The document without the keeper and its db; undefined when the keeper has the master's db, which must not vanish.
 * Lists that still name the db are cleaned by the sentinel.
 */
export function withoutKeeper(data: ClusterData, uid: string): ClusterData | undefined {
  const own = sortedKeys(data.dbs).filter((dbUid) => data.dbs[dbUid]?.spec.keeperUID === uid);
  if (own.includes(data.cluster?.status.master ?? "")) return undefined;
  return { ...data, keepers: without(data.keepers, [uid]), dbs: without<Db>(data.dbs, own) };
}

function without<T>(map: Readonly<Record<string, T>>, keys: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(map).filter(([key]) => !keys.includes(key)));
}
