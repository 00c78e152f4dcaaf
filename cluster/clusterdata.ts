// This module is pure.
/**
 * The document that everything turns around: `clusterdata` in the store, as plain readonly data. Field names are those
 * of the JSON format; what may be absent there always has a value here (`codec.ts` fills it in). Positions are
 * `bigint`, times RFC 3339 strings and durations Go duration strings, exactly as stored.
 */
import type { ArchiveRecoverySettings, ClusterSpec, NewConfig, PitrConfig, StandbySettings } from "./spec.ts";

/** The only version of the format that is read and written. */
export const FORMAT_VERSION = 1;

/** How Go writes "no time". */
export const ZERO_TIME = "0001-01-01T00:00:00Z";

/** A map by UID. Walk it through `sortedKeys`: integer-like keys would otherwise come first. */
export type ByUid<T> = Readonly<Record<string, T>>;

/** The whole document. */
export interface ClusterData {
  /** Always {@link FORMAT_VERSION}. */
  readonly formatVersion: number;
  /** RFC 3339: when the document was last written. */
  readonly changeTime: string;
  /** Null in a document that nobody has initialised yet. */
  readonly cluster: Cluster | null;
  /** Keepers by UID. */
  readonly keepers: ByUid<Keeper>;
  /** Assignments by UID. */
  readonly dbs: ByUid<Db>;
  /** What proxies have to do. */
  readonly proxy: Proxy;
}

/** The cluster as a whole. */
export interface Cluster {
  /** Unique among objects of its kind. */
  readonly uid: string;
  /** Grows by one with each change of the object's spec. */
  readonly generation: number;
  /** RFC 3339: when the object last changed. */
  readonly changeTime: string;
  /** As the user wrote it. */
  readonly spec: ClusterSpec;
  /** Where the cluster is in its life. */
  readonly status: ClusterStatus;
}

/** `initializing` until the first master is there. */
export type ClusterPhase = "initializing" | "normal";

/** Where the cluster is in its life. */
export interface ClusterStatus {
  /** The generation that was reached. */
  readonly currentGeneration: number;
  /** Whether there has been a master yet. */
  readonly phase: ClusterPhase;
  /** UID of the master's db; empty while there is none. */
  readonly master: string;
}

/** Version of PostgreSQL's programs. */
export interface PostgresBinaryVersion {
  /** Such as 15. */
  readonly Maj: number;
  /** Such as 2. */
  readonly Min: number;
}

/** A keeper that is known. */
export interface Keeper {
  /** Unique among objects of its kind. */
  readonly uid: string;
  /** Grows by one with each change of the object's spec. */
  readonly generation: number;
  /** RFC 3339: when the object last changed. */
  readonly changeTime: string;
  /** What is known of it. */
  readonly status: KeeperStatus;
}

/** What the sentinel knows of a keeper. */
export interface KeeperStatus {
  /** As judged by the last look. */
  readonly healthy: boolean;
  /** RFC 3339: when it was last seen healthy. */
  readonly lastHealthyTime: string;
  /** Random per process start of the keeper. */
  readonly bootUUID: string;
  /** Version of PostgreSQL's programs on the keeper's machine. */
  readonly postgresBinaryVersion: PostgresBinaryVersion;
  /** Set by `stolonctl failkeeper`, taken back by the sentinel that acted on it. */
  readonly forceFail: boolean;
  /** Undefined means allowed. */
  readonly canBeMaster: boolean | undefined;
  /** Undefined means allowed. */
  readonly canBeSynchronousReplica: boolean | undefined;
}

/** What an instance is to be. */
export type DbRole = "master" | "standby";
/** `none`: take the instance as it is. Each other mode says how the instance comes to be. */
export type DbInitMode = "none" | "new" | "pitr" | "existing" | "resync";

/** One assignment: a PostgreSQL instance on one keeper. */
export interface Db {
  /** Unique among objects of its kind. */
  readonly uid: string;
  /** Grows by one with each change of the object's spec. */
  readonly generation: number;
  /** RFC 3339: when the object last changed. */
  readonly changeTime: string;
  /** What the keeper has to bring about. */
  readonly spec: DbSpec;
  /** What is known of the instance. */
  readonly status: DbStatus;
}

/** What the keeper has to bring about. Values that mirror the cluster spec are resolved. */
export interface DbSpec {
  /** The keeper that runs the instance. */
  readonly keeperUID: string;
  /** Go duration. */
  readonly requestTimeout: string;
  /** Sizes `max_replication_slots` and `max_wal_senders`. */
  readonly maxStandbys: number;
  /** Whether commits wait for standbys. */
  readonly synchronousReplication: boolean;
  /** Whether a resync may rewind instead of copying. */
  readonly usePgrewind: boolean;
  /** Added to `max_wal_senders`. */
  readonly additionalWalSenders: number;
  /** Null on standbys and when unset. */
  readonly additionalReplicationSlots: readonly string[] | null;
  /** How the instance comes to be. */
  readonly initMode: DbInitMode;
  /** For `initMode` new. */
  readonly newConfig: NewConfig | null;
  /** For `initMode` pitr. */
  readonly pitrConfig: PitrConfig | null;
  /** The user's parameters of PostgreSQL by name. */
  readonly pgParameters: Readonly<Record<string, string>>;
  /** Null: the default client lines. An empty list: none. */
  readonly pgHBA: readonly string[] | null;
  /** Master or standby. */
  readonly role: DbRole;
  /** What a standby follows; null on a master. */
  readonly followConfig: FollowConfig | null;
  /** UIDs of the dbs that follow this one, sorted. */
  readonly followers: readonly string[];
  /** Take over the parameters that the initialised instance brings. */
  readonly includePreviousConfig: boolean;
  /** Required by the primary, UIDs of dbs, sorted; null without synchronous replication. */
  readonly synchronousStandbys: readonly string[] | null;
  /** Names of standbys outside of the cluster (or the fake one), sorted; null without synchronous replication. */
  readonly externalSynchronousStandbys: readonly string[] | null;
}

/** Follows a db of this cluster. */
export interface InternalFollow {
  /** Tells it from an external follow. */
  readonly type: "internal";
  /** UID of the followed db. */
  readonly dbuid: string;
}

/** Follows a server outside of the cluster. */
export interface ExternalFollow {
  /** Tells it from an internal follow. */
  readonly type: "external";
  /** How to stream from it. */
  readonly standbySettings: StandbySettings | null;
  /** How to restore its archive. */
  readonly archiveRecoverySettings: ArchiveRecoverySettings | null;
}

/** What a standby follows. */
export type FollowConfig = InternalFollow | ExternalFollow;

/** What the sentinel knows of a db, from its keeper's infos. */
export interface DbStatus {
  /** As judged by the last look. */
  readonly healthy: boolean;
  /** The generation that the keeper has reached; 0: never converged. */
  readonly currentGeneration: number;
  /** Where clients and standbys reach PostgreSQL. */
  readonly listenAddress: string;
  /** Where clients and standbys reach PostgreSQL, as text. */
  readonly port: string;
  /** PostgreSQL's system identifier; the format spells it `systemdID`. */
  readonly systemdID: string;
  /** Number of PostgreSQL's timeline. */
  readonly timelineID: number;
  /** Position in the write-ahead log, in bytes. */
  readonly xLogPos: bigint;
  /** Ancestors of the timeline, oldest first, the last two at least. */
  readonly timelinesHistory: readonly TimelineHistoryEntry[];
  /** Parameters of PostgreSQL by name. */
  readonly pgParameters: Readonly<Record<string, string>>;
  /** Known in sync, UIDs of dbs, sorted. */
  readonly synchronousStandbys: readonly string[];
  /** 24 hex digits, or empty when unknown. */
  readonly olderWalFile: string;
}

/** Where timeline `timelineID` was left. */
export interface TimelineHistoryEntry {
  /** The timeline that was left. */
  readonly timelineID: number;
  /** Where it was left, in bytes. */
  readonly switchPoint: bigint;
  /** As the history file says. */
  readonly reason: string;
}

/** What proxies have to do. */
export interface Proxy {
  /** Unique among objects of its kind. */
  readonly uid: string;
  /** 0: there is no proxy object in the document. */
  readonly generation: number;
  /** RFC 3339: when the object last changed. */
  readonly changeTime: string;
  /** Where to forward, and who may. */
  readonly spec: ProxySpec;
}

/** Where to forward, and who may. */
export interface ProxySpec {
  /** Where to forward; empty: nowhere. */
  readonly masterDbUid: string;
  /** UIDs of the proxies that may forward, sorted. */
  readonly enabledProxies: readonly string[];
}

/** Keys of a map in the order in which every decision walks it. */
export function sortedKeys(map: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(map).sort();
}
