// This module is pure.
/** What keepers, proxies and sentinels publish about themselves, each under its own expiring key. */
import type { PostgresBinaryVersion, TimelineHistoryEntry } from "./clusterdata.ts";

/** What a keeper says of itself and its instance. */
export interface KeeperInfo {
  /** New at every write: freshness is judged by its change. */
  readonly infoUID: string;
  /** The keeper's UID. */
  readonly uid: string;
  /** The cluster that it belongs to. */
  readonly clusterUID: string;
  /** Random per process start. */
  readonly bootUUID: string;
  /** Version of PostgreSQL's programs on the keeper's machine. */
  readonly postgresBinaryVersion: PostgresBinaryVersion;
  /** Undefined means allowed. */
  readonly canBeMaster: boolean | undefined;
  /** Undefined means allowed. */
  readonly canBeSynchronousReplica: boolean | undefined;
  /** Null before the keeper knows anything of its instance. */
  readonly postgresState: PostgresState | null;
}

/** What a keeper says of its instance. */
export interface PostgresState {
  /** UID of the db that this instance is, or is becoming. */
  readonly uid: string;
  /** Reached generation; 0 while initialising. */
  readonly generation: number;
  /** Where clients and standbys reach PostgreSQL. */
  readonly listenAddress: string;
  /** Where clients and standbys reach PostgreSQL, as text. */
  readonly port: string;
  /** Whether a trivial query was answered. */
  readonly healthy: boolean;
  /** PostgreSQL's system identifier, a 64-bit integer as text. */
  readonly systemID: string;
  /** Number of PostgreSQL's timeline. */
  readonly timelineID: number;
  /** Position in the write-ahead log, in bytes. */
  readonly xLogPos: bigint;
  /** Ancestors of the timeline, oldest first, the last two at least. */
  readonly timelinesHistory: readonly TimelineHistoryEntry[];
  /** Parameters of PostgreSQL by name. */
  readonly pgParameters: Readonly<Record<string, string>>;
  /** UIDs of dbs reported as `sync`, sorted. */
  readonly synchronousStandbys: readonly string[];
  /**
   * Ours, a hint: the list names only standbys that have flushed past the position at which they were first seen as
   * `sync`. Absent: what PostgreSQL calls `sync`, which may still lack older commits.
   */
  readonly synchronousStandbysConfirmed?: boolean;
  /** The oldest WAL file, 24 hexadecimal digits; empty when unknown. */
  readonly olderWalFile: string;
}

/** What a proxy says of itself. */
export interface ProxyInfo {
  /** New at every write: freshness is judged by its change. */
  readonly infoUID: string;
  /** The proxy's UID, random per process start. */
  readonly UID: string;
  /** The generation of the proxy object that this proxy obeys; 0: there was none. */
  readonly Generation: number;
  /** Nanoseconds, as Go writes a duration in JSON. */
  readonly ProxyTimeout: bigint;
}

/** What a sentinel says of itself. */
export interface SentinelInfo {
  /** The sentinel's UID, random per process start. */
  readonly UID: string;
}
