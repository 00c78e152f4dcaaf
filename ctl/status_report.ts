// This module is pure.
/** What `stolonctl status` tells, computed from what is in the store; `-f json` prints this as it is. */
import { type ClusterData, type Db, sortedKeys } from "../cluster/clusterdata.ts";
import type { ProxyInfo, SentinelInfo } from "../cluster/infos.ts";

/** Field names are part of the interface: scripts read them. */
export interface StatusReport {
  readonly sentinels: readonly SentinelLine[];
  readonly proxies: readonly ProxyLine[];
  readonly keepers: readonly KeeperLine[];
  readonly cluster: ClusterLine;
}

export interface SentinelLine {
  readonly uid: string;
  readonly leader: boolean;
}

export interface ProxyLine {
  readonly uid: string;
  /** The generation of the proxy object that this proxy obeys. */
  readonly generation: number;
}

export interface KeeperLine {
  readonly uid: string;
  /** `host:port`, or {@link NO_DB} or {@link UNKNOWN_ADDRESS}. */
  readonly listen_address: string;
  readonly healthy: boolean;
  readonly pg_healthy: boolean;
  readonly pg_wanted_generation: number;
  readonly pg_current_generation: number;
}

export interface ClusterLine {
  /** False when there is no cluster in the store. */
  readonly available: boolean;
  /** Empty while there is no master. */
  readonly master_keeper_uid: string;
  readonly master_db_uid: string;
}

/** Instead of an address: the keeper has no assignment. */
export const NO_DB = "(no db assigned)";
/** Instead of an address: the keeper has not told it yet. */
export const UNKNOWN_ADDRESS = "(unknown)";

/** Everything that is read from the store for a report. */
export interface StatusFacts {
  readonly data: ClusterData | null;
  readonly sentinels: readonly SentinelInfo[];
  readonly proxies: readonly ProxyInfo[];
  /** UID of the leading sentinel. */
  readonly leader: string | undefined;
}

/** The report, every list sorted by uid. */
export function statusReport(facts: StatusFacts): StatusReport {
  const { data, sentinels, proxies, leader } = facts;
  const master = data?.cluster?.status.master ?? "";
  return {
    sentinels: sentinels.map(({ UID }) => ({ uid: UID, leader: UID === leader })).sort(byUid),
    proxies: proxies.map(({ UID, Generation }) => ({ uid: UID, generation: Generation })).sort(byUid),
    keepers: data === null ? [] : sortedKeys(data.keepers).map((uid) => keeperLine(data, uid)),
    cluster: {
      available: data !== null && data.cluster !== null,
      master_keeper_uid: data?.dbs[master]?.spec.keeperUID ?? "",
      master_db_uid: master,
    },
  };
}

function keeperLine(data: ClusterData, uid: string): KeeperLine {
  const db = dbOf(data, uid);
  return {
    uid,
    listen_address: db === undefined ? NO_DB : addressOf(db),
    healthy: data.keepers[uid]?.status.healthy ?? false,
    pg_healthy: db?.status.healthy ?? false,
    pg_wanted_generation: db?.generation ?? 0,
    pg_current_generation: db?.status.currentGeneration ?? 0,
  };
}

/** The db that the keeper is assigned, if any. */
export function dbOf(data: ClusterData, keeperUid: string): Db | undefined {
  return sortedKeys(data.dbs).map((uid) => data.dbs[uid]).find((db) => db?.spec.keeperUID === keeperUid);
}

function addressOf(db: Db): string {
  return db.status.listenAddress === "" ? UNKNOWN_ADDRESS : `${db.status.listenAddress}:${db.status.port}`;
}

function byUid(a: { readonly uid: string }, b: { readonly uid: string }): number {
  return a.uid < b.uid ? -1 : 1;
}
