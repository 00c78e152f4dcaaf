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

export interface ClusterData {
  readonly formatVersion: number;
  readonly changeTime: string;
  /** Null in a document that nobody has initialised yet. */
  readonly cluster: Cluster | null;
  readonly keepers: ByUid<Keeper>;
  readonly dbs: ByUid<Db>;
  readonly proxy: Proxy;
}

export interface Cluster {
  readonly uid: string;
  readonly generation: number;
  readonly changeTime: string;
  readonly spec: ClusterSpec;
  readonly status: ClusterStatus;
}

export type ClusterPhase = "initializing" | "normal";

export interface ClusterStatus {
  readonly currentGeneration: number;
  readonly phase: ClusterPhase;
  /** UID of the master's db; empty while there is none. */
  readonly master: string;
}

export interface PostgresBinaryVersion {
  readonly Maj: number;
  readonly Min: number;
}

export interface Keeper {
  readonly uid: string;
  readonly generation: number;
  readonly changeTime: string;
  readonly status: KeeperStatus;
}

export interface KeeperStatus {
  readonly healthy: boolean;
  readonly lastHealthyTime: string;
  /** Random per process start of the keeper. */
  readonly bootUUID: string;
  readonly postgresBinaryVersion: PostgresBinaryVersion;
  /** Set by `stolonctl failkeeper`, taken back by the sentinel that acted on it. */
  readonly forceFail: boolean;
  /** Undefined means allowed. */
  readonly canBeMaster: boolean | undefined;
  /** Undefined means allowed. */
  readonly canBeSynchronousReplica: boolean | undefined;
}

export type DbRole = "master" | "standby";
/** `none`: take the instance as it is. Each other mode says how the instance comes to be. */
export type DbInitMode = "none" | "new" | "pitr" | "existing" | "resync";

/** One assignment: a PostgreSQL instance on one keeper. */
export interface Db {
  readonly uid: string;
  readonly generation: number;
  readonly changeTime: string;
  readonly spec: DbSpec;
  readonly status: DbStatus;
}

/** What the keeper has to bring about. Values that mirror the cluster spec are resolved. */
export interface DbSpec {
  readonly keeperUID: string;
  /** Go duration. */
  readonly requestTimeout: string;
  readonly maxStandbys: number;
  readonly synchronousReplication: boolean;
  readonly usePgrewind: boolean;
  readonly additionalWalSenders: number;
  /** Null on standbys and when unset. */
  readonly additionalReplicationSlots: readonly string[] | null;
  readonly initMode: DbInitMode;
  readonly newConfig: NewConfig | null;
  readonly pitrConfig: PitrConfig | null;
  readonly pgParameters: Readonly<Record<string, string>>;
  /** Null: the default client lines. An empty list: none. */
  readonly pgHBA: readonly string[] | null;
  readonly role: DbRole;
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

export interface InternalFollow {
  readonly type: "internal";
  /** UID of the followed db. */
  readonly dbuid: string;
}

export interface ExternalFollow {
  readonly type: "external";
  readonly standbySettings: StandbySettings | null;
  readonly archiveRecoverySettings: ArchiveRecoverySettings | null;
}

export type FollowConfig = InternalFollow | ExternalFollow;

/** What the sentinel knows of a db, from its keeper's infos. */
export interface DbStatus {
  readonly healthy: boolean;
  /** The generation that the keeper has reached; 0: never converged. */
  readonly currentGeneration: number;
  readonly listenAddress: string;
  readonly port: string;
  /** PostgreSQL's system identifier; the format spells it `systemdID`. */
  readonly systemdID: string;
  readonly timelineID: number;
  readonly xLogPos: bigint;
  readonly timelinesHistory: readonly TimelineHistoryEntry[];
  readonly pgParameters: Readonly<Record<string, string>>;
  /** Known in sync, UIDs of dbs, sorted. */
  readonly synchronousStandbys: readonly string[];
  /** 24 hex digits, or empty when unknown. */
  readonly olderWalFile: string;
}

/** Where timeline `timelineID` was left. */
export interface TimelineHistoryEntry {
  readonly timelineID: number;
  readonly switchPoint: bigint;
  readonly reason: string;
}

export interface Proxy {
  readonly uid: string;
  /** 0: there is no proxy object in the document. */
  readonly generation: number;
  readonly changeTime: string;
  readonly spec: ProxySpec;
}

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
