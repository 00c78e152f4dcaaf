// This module is pure.
/** What a keeper sees of its instance at one moment: everything that a plan is made from. */
import type { PostgresBinaryVersion, TimelineHistoryEntry } from "../cluster/clusterdata.ts";
import type { Parameters } from "./postgres/configuration.ts";
import type { DbState } from "./state/local_state.ts";

/** The part of `pg_control` that decisions rest on. */
export interface ControlFacts {
  /** A 64-bit integer as text. */
  readonly systemId: string;
  readonly timelineID: number;
  /** True after a clean stop, as a primary or as a standby. */
  readonly cleanlyStopped: boolean;
  /** True when it last ran, or was stopped, as a standby. */
  readonly wasStandby: boolean;
  readonly segmentBytes: bigint;
  /** Settings that a standby's must not fall below, as the WAL says. */
  readonly minimumParameters: Readonly<Record<string, string>>;
}

/** `<data-dir>/postgres`. */
export interface DirectoryFacts {
  /** `empty`: also when it does not exist. `unknown`: there is something, but no instance that can be read. */
  readonly kind: "empty" | "unknown" | "instance";
  /** Null unless it is an instance. */
  readonly control: ControlFacts | null;
  readonly standbySignal: boolean;
  readonly recoverySignal: boolean;
  /** Text of `postgresql.conf`; null when there is none. */
  readonly configuration: string | null;
  /** Text of `pg_hba.conf`; null when there is none. */
  readonly hba: string | null;
}

/** The end of what a stopped instance has on disk, and how it came there. */
export interface LocalWal {
  /** Position after the last complete record, received ones included. */
  readonly end: bigint;
  readonly timelineID: number;
  /** History of that timeline, oldest first. */
  readonly history: readonly TimelineHistoryEntry[];
}

export interface SlotFacts {
  readonly name: string;
  readonly physical: boolean;
  readonly temporary: boolean;
  readonly active: boolean;
  /** False: it protects nothing. */
  readonly reserved: boolean;
  /** True: what it should have protected is gone. */
  readonly lost: boolean;
}

/** PostgreSQL as it runs, asked over its socket. */
export interface RunningFacts {
  readonly inRecovery: boolean;
  readonly timelineID: number;
  readonly position: bigint;
  readonly history: readonly TimelineHistoryEntry[];
  /** True when a walreceiver streams. */
  readonly streaming: boolean;
  readonly slots: readonly SlotFacts[];
  /** Parameters that wait for a restart. */
  readonly pendingRestart: readonly string[];
  /** What the server says is wrong in its configuration files, in its own words. */
  readonly configurationProblems: readonly string[];
  /** Names of the parameters that it refuses. One that it does not know keeps it from applying any other. */
  readonly refusedParameters: readonly string[];
  /** Lines of `pg_hba.conf` that it refuses, as they stand there. One of them keeps it from taking the file, and from starting. */
  readonly refusedHbaLines: readonly string[];
  /** What holds now of the parameters that must not be kept from being applied. */
  readonly appliedParameters: Parameters;
  /** UIDs of the dbs in sync, sorted. */
  readonly inSync: readonly string[];
}

export type ServerFacts =
  | { readonly kind: "stopped" }
  /** Runs, but this process did not start it. */
  | { readonly kind: "foreign" }
  /** Our child runs and does not answer (yet). */
  | { readonly kind: "silent"; readonly reason: string }
  | { readonly kind: "running"; readonly facts: RunningFacts };

/** What was found out about the db to follow, before anything was given up for it. */
export type SourceFacts =
  | { readonly kind: "unreachable"; readonly problem: string }
  | {
    readonly kind: "ready";
    readonly systemId: string;
    readonly inRecovery: boolean;
    readonly timelineID: number;
    /** Of its last checkpoint; lags after a promotion, and `pg_rewind` goes by it. */
    readonly checkpointTimelineID: number;
    readonly position: bigint;
    readonly history: readonly TimelineHistoryEntry[];
    /** Whether our slot exists there. */
    readonly slotExists: boolean;
    /** Start of the oldest WAL that it still has; null when it did not say. */
    readonly oldestWal: bigint | null;
  };

/** How an instance is made to follow another. */
export type ResyncMethod = "follow" | "rewind" | "copy";

/** What only this process knows: begun, refused, held. Lost with it, without harm. */
export interface Memory {
  /** The db UID under which `tried`, `current` and `source` stand. */
  readonly dbUid: string;
  /** The method whose result runs, or is about to, and has not yet proved itself. */
  readonly current: ResyncMethod | null;
  /** How long the result of `current` has been running without proof. */
  readonly currentAgeMs: number;
  /** Methods that were tried under this assignment and failed. */
  readonly tried: readonly ResyncMethod[];
  /** Seen in this pass. */
  readonly source: SourceFacts | null;
  /** Seen in this pass, while stopped. */
  readonly localWal: LocalWal | null;
  /** The end of the local WAL was sought in this pass and not found. */
  readonly localWalUnknown: boolean;
  /** Clients are kept out of a primary that was down, until its synchronous standbys have caught up. */
  readonly clientsHeld: boolean;
  /** The text of a `postgresql.conf` with which the server did not start, though it did with another. */
  readonly badConfiguration: string | null;
  /** The text of a wanted `postgresql.conf` that was written again without what the server refuses. */
  readonly prunedConfiguration: string | null;
  /** Lines of the user's for `pg_hba.conf` that PostgreSQL refused: the file is written without them. */
  readonly refusedHbaLines: readonly string[];
  /** The last start failed, perhaps by a line of the user's in `pg_hba.conf`: the next one does without them. */
  readonly hbaInDoubt: boolean;
  /** The parameters with which it last started. */
  readonly goodParameters: Parameters | null;
  /** A standby that does not stream is made to try again a few times, then left to PostgreSQL's own patience. */
  readonly nudgesLeft: boolean;
  readonly nudgeDue: boolean;
  /** Until a start is tried again after one that PostgreSQL did not come up from; 0: now. */
  readonly startPauseMs: number;
  /** Until an initialisation that failed is tried again; 0: now. */
  readonly pauseMs: number;
  /** Files were written that the running server has not been told to read: a pass was interrupted between the two. */
  readonly reloadPending: boolean;
  /** How long the present wish for a restart has stood. */
  readonly restartWantedMs: number;
}

export interface Observed {
  /** Null: there is no `dbstate`. */
  readonly dbState: DbState | null;
  readonly version: PostgresBinaryVersion;
  readonly directory: DirectoryFacts;
  readonly server: ServerFacts;
  readonly memory: Memory;
}
