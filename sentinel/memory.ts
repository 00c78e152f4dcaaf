// This module is pure.
/**
 * What one sentinel process has seen for itself. It is kept by every sentinel, leader or not, from look to look, and is
 * never stored: a new process starts with {@link EMPTY_MEMORY} and declares nothing failed before it has watched.
 *
 * Two clocks. When something was published is counted on the process's monotonic clock (`...Ms`). Timers that may end in a failure run
 * on the *watched clock* (`watchedMs`), which stands still while this process could not look (the store was away, the
 * process was frozen): silence that nobody listened to proves nothing.
 */
import type { ByUid } from "../cluster/clusterdata.ts";
import type { PostgresState } from "../cluster/infos.ts";
import type { ClusterSpec } from "../cluster/spec.ts";

/** All of it, as plain data. */
export interface Memory {
  /** The cluster that this memory is about; empty: none yet. */
  readonly clusterUid: string;
  /** Monotonic time of the last look; undefined before the first one. */
  readonly lastLookMs: number | undefined;
  /** Whether a look has failed since. */
  readonly missedLook: boolean;
  /** How long this process has been watching, without the gaps in between. */
  readonly watchedMs: number;
  readonly keepers: ByUid<KeeperSighting>;
  readonly dbs: ByUid<DbSighting>;
  readonly proxies: ByUid<ProxySighting>;
  /** By db UID of a required standby: from where on its being in sync counts. See `synchronous_set.ts`. */
  readonly syncMarks: ByUid<SyncMark>;
  /** The cluster spec as last seen, and since when it has not changed: an operator's updates settle. */
  readonly spec: SpecSighting | undefined;
  /** How often the initialisation on a keeper was given up. */
  readonly initFailures: ByUid<number>;
}

/** What was seen of a keeper's infos. */
export interface KeeperSighting {
  /** Of the last info; empty when none was ever seen. */
  readonly infoUID: string;
  /** An info of this cluster changed while this process looked, and since the keeper's entry was last removed. */
  readonly seen: boolean;
  /** Whether the document had an entry of it at the last look. */
  readonly inDocument: boolean;
  /** Watched time of the last change, or of the first look at this keeper while `seen` is false. */
  readonly aliveWatchedMs: number;
  /** Monotonic time that the last info is certainly not older than; undefined while `seen` is false. */
  readonly publishedAfterMs: number | undefined;
  /** Boot UUID of the last info. */
  readonly bootUUID: string;
  /** Those before it, the latest first, a few. */
  readonly formerBoots: readonly string[];
}

/** The clock of a db in error. */
export interface DbError {
  readonly sinceWatchedMs: number;
  /** The boot for which the clock was started. */
  readonly bootUUID: string;
  /** How many boots have been given their time since the last good report. */
  readonly boots: number;
}

/** The clocks of a db. */
export interface DbSighting {
  readonly error: DbError | undefined;
  /** Since when `generation` has not been reached; undefined: it has. */
  readonly unconverged: { readonly generation: number; readonly sinceWatchedMs: number } | undefined;
  /** The last healthy report of this db that this process saw. */
  readonly lastGood: PostgresState | undefined;
  /** Highest position that a healthy report of this db ever named. */
  readonly highestLsn: bigint;
  /** How often the position stood still in reports at least `sleepInterval` apart. */
  readonly standstill: Standstill | undefined;
  /** Since when it is on another branch than the master. */
  readonly invalidSinceWatchedMs: number | undefined;
}

/** A position that may not move any more. */
export interface Standstill {
  readonly xLogPos: bigint;
  readonly infoUID: string;
  readonly count: number;
  readonly countedMs: number;
}

/** What was seen of a proxy's infos. */
export interface ProxySighting {
  readonly infoUID: string;
  readonly changedWatchedMs: number;
}

/** From where on it counts that a standby is in sync. */
export interface SyncMark {
  readonly masterDbUid: string;
  /** The master's position in the first report, under the generation that requires it, that named the standby in sync. */
  readonly lsn: bigint;
}

/** The cluster spec, and when it last changed. */
export interface SpecSighting {
  readonly spec: ClusterSpec;
  /** Monotonic time of the last change; undefined: it never changed while we looked. */
  readonly changedMs: number | undefined;
}

/** A process that has seen nothing. */
export const EMPTY_MEMORY: Memory = {
  clusterUid: "",
  lastLookMs: undefined,
  missedLook: false,
  watchedMs: 0,
  keepers: {},
  dbs: {},
  proxies: {},
  syncMarks: {},
  spec: undefined,
  initFailures: {},
};
