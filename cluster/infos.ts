// This module is pure.
/** What keepers, proxies and sentinels publish about themselves, each under its own expiring key. */
import type { PostgresBinaryVersion, TimelineHistoryEntry } from "./clusterdata.ts";

export interface KeeperInfo {
  /** New at every write: freshness is judged by its change. */
  readonly infoUID: string;
  readonly uid: string;
  readonly clusterUID: string;
  readonly bootUUID: string;
  readonly postgresBinaryVersion: PostgresBinaryVersion;
  /** Undefined means allowed. */
  readonly canBeMaster: boolean | undefined;
  /** Undefined means allowed. */
  readonly canBeSynchronousReplica: boolean | undefined;
  /** Null before the keeper knows anything of its instance. */
  readonly postgresState: PostgresState | null;
}

export interface PostgresState {
  /** UID of the db that this instance is, or is becoming. */
  readonly uid: string;
  /** Reached generation; 0 while initialising. */
  readonly generation: number;
  readonly listenAddress: string;
  readonly port: string;
  readonly healthy: boolean;
  /** PostgreSQL's system identifier, a 64-bit integer as text. */
  readonly systemID: string;
  readonly timelineID: number;
  readonly xLogPos: bigint;
  readonly timelinesHistory: readonly TimelineHistoryEntry[];
  readonly pgParameters: Readonly<Record<string, string>>;
  /** UIDs of dbs reported as `sync`, sorted. */
  readonly synchronousStandbys: readonly string[];
  readonly olderWalFile: string;
}

export interface ProxyInfo {
  readonly infoUID: string;
  readonly UID: string;
  /** The generation of the proxy object that this proxy obeys; 0: there was none. */
  readonly Generation: number;
  /** Nanoseconds, as Go writes a duration in JSON. */
  readonly ProxyTimeout: bigint;
}

export interface SentinelInfo {
  readonly UID: string;
}
