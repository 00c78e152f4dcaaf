// This module is pure.
/** What `stolonctl init` is about to destroy, by name. */
import { type ClusterData, type Keeper, sortedKeys } from "../cluster/clusterdata.ts";
import type { ClusterSpec } from "../cluster/spec.ts";

/** The document that is there: none, one that can be read, or one that cannot (with the reason). */
export type Present = { readonly data: ClusterData | null } | { readonly unreadable: string };

/** Lines for the operator, most important first. */
export function initWarning(spec: ClusterSpec, at: { clusterName: string; present: Present }): string[] {
  const { clusterName, present } = at;
  const replaced = "unreadable" in present
    ? [
      `WARNING: the cluster data of "${clusterName}" will be replaced; it cannot be read: ${present.unreadable}`,
    ]
    : presentLines(present.data, clusterName);
  return [...replaced, ...consequences(spec)];
}

function presentLines(data: ClusterData | null, clusterName: string): string[] {
  if (data === null || data.cluster === null) return [`There is no cluster data of "${clusterName}" yet.`];
  const { uid, status } = data.cluster;
  const keepers = sortedKeys(data.keepers);
  return [
    `WARNING: the cluster data of "${clusterName}" (cluster uid ${uid}, phase ${status.phase}) will be removed, with`,
    ...keepers.length === 0 ? ["  no keeper"] : keepers.map((keeper) => `  ${keeperLine(data, keeper)}`),
  ];
}

function keeperLine(data: ClusterData, uid: string): string {
  const dbUid = sortedKeys(data.dbs).find((db) => data.dbs[db]?.spec.keeperUID === uid);
  const db = dbUid === undefined ? undefined : data.dbs[dbUid];
  const health = healthOf(data.keepers[uid]);
  if (db === undefined) return `keeper "${uid}" (${health}), no db`;
  const role = dbUid === data.cluster?.status.master ? "master" : db.spec.role;
  const address = db.status.listenAddress === "" ? "" : ` at ${db.status.listenAddress}:${db.status.port}`;
  return `keeper "${uid}" (${health}), ${role} db "${dbUid}"${address}`;
}

function healthOf(keeper: Keeper | undefined): string {
  return keeper?.status.healthy ? "healthy" : "not healthy";
}

function consequences(spec: ClusterSpec): string[] {
  const others = "every other keeper that gets a db will have its data directory replaced by a copy of it.";
  switch (spec.initMode) {
    case "existing":
      return [
        `The data of keeper "${spec.existingConfig?.keeperUID}" will be kept and become the primary's; ${others}`,
      ];
    case "pitr":
      return [
        `WARNING: the data directory of one keeper, chosen by the sentinel, will be emptied and restored with ` +
        `"${spec.pitrConfig?.dataRestoreCommand}"; ${others}`,
      ];
    default:
      return [
        `WARNING: the databases managed by the keepers will be overwritten: one keeper, chosen by the sentinel, will ` +
        `get a new and empty database; ${others}`,
      ];
  }
}
