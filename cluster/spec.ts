// This module is pure.
/**
 * The cluster specification in its two shapes: as the user wrote it ({@link ClusterSpec}, absent and null options kept)
 * and resolved ({@link ResolvedSpec}, every option with its value, durations in milliseconds). Validation is in
 * `spec_validation.ts`, resolving in `spec_defaults.ts`, patching in `merge_patch.ts`.
 */

/** `standby`: the whole cluster follows an external primary. */
export type ClusterRole = "master" | "standby";
/** How the first instance comes to be. */
export type ClusterInitMode = "new" | "existing" | "pitr";
/** From where superuser and replication user may connect. */
export type SuReplAccessMode = "all" | "strict";

/** Absent and null both mean: the default. */
export type Option<T> = T | null | undefined;

/** Arguments of `initdb`. */
export interface NewConfig {
  /** As `initdb --locale`. */
  readonly locale?: Option<string>;
  /** As `initdb --encoding`. */
  readonly encoding?: Option<string>;
  /** As `initdb --data-checksums`. */
  readonly dataChecksums?: Option<boolean>;
}

/** Where a recovery stops, in PostgreSQL's words. */
export interface RecoveryTargetSettings {
  /** `recovery_target`. */
  readonly recoveryTarget?: Option<string>;
  /** `recovery_target_lsn`. */
  readonly recoveryTargetLsn?: Option<string>;
  /** `recovery_target_name`. */
  readonly recoveryTargetName?: Option<string>;
  /** `recovery_target_time`. */
  readonly recoveryTargetTime?: Option<string>;
  /** `recovery_target_xid`. */
  readonly recoveryTargetXid?: Option<string>;
  /** `recovery_target_timeline`. */
  readonly recoveryTargetTimeline?: Option<string>;
}

/** How archived WAL is fetched. */
export interface ArchiveRecoverySettings {
  /** `restore_command`. */
  readonly restoreCommand?: Option<string>;
}

/** How a backup is restored. */
export interface PitrConfig {
  /** Shell command that fills the data directory; `%d` is its path, `%%` a percent sign. */
  readonly dataRestoreCommand?: Option<string>;
  /** How archived WAL is fetched. */
  readonly archiveRecoverySettings?: Option<ArchiveRecoverySettings>;
  /** Where the recovery stops. */
  readonly recoveryTargetSettings?: Option<RecoveryTargetSettings>;
}

/** Which instance is taken over. */
export interface ExistingConfig {
  /** The keeper that has it. */
  readonly keeperUID?: Option<string>;
}

/** How to stream from an external primary. */
export interface StandbySettings {
  /** `primary_conninfo`. */
  readonly primaryConninfo?: Option<string>;
  /** `primary_slot_name`. */
  readonly primarySlotName?: Option<string>;
  /** `recovery_min_apply_delay`. */
  readonly recoveryMinApplyDelay?: Option<string>;
}

/** The external primary of a standby cluster. */
export interface StandbyConfig {
  /** How to stream from it. */
  readonly standbySettings?: Option<StandbySettings>;
  /** How to restore its archive. */
  readonly archiveRecoverySettings?: Option<ArchiveRecoverySettings>;
}

/** As written by the user and kept in the document. Durations are Go duration strings. */
export interface ClusterSpec {
  /** How the first instance comes to be; required. */
  readonly initMode?: Option<ClusterInitMode>;
  /** Floor of the loops of keepers and sentinels. */
  readonly sleepInterval?: Option<string>;
  /** Limit of one request to PostgreSQL or a peer. */
  readonly requestTimeout?: Option<string>;
  /** How long a db may take to reach a new generation before it counts as failed. */
  readonly convergenceTimeout?: Option<string>;
  /** The same for the first initialisation. */
  readonly initTimeout?: Option<string>;
  /** The same for a resync. */
  readonly syncTimeout?: Option<string>;
  /** How long to wait for PostgreSQL to accept connections after a start. */
  readonly dbWaitReadyTimeout?: Option<string>;
  /** How long an error must last before a keeper or db is unhealthy. */
  readonly failInterval?: Option<string>;
  /** After which a dead keeper without a db is forgotten. */
  readonly deadKeeperRemovalInterval?: Option<string>;
  /** Floor of a proxy's store reads. */
  readonly proxyCheckInterval?: Option<string>;
  /** A proxy without a good read for this long closes everything. */
  readonly proxyTimeout?: Option<string>;
  /** Sizes `max_replication_slots` and `max_wal_senders`. */
  readonly maxStandbys?: Option<number>;
  /** Wanted standbys of the primary. */
  readonly maxStandbysPerSender?: Option<number>;
  /** Bytes that a candidate may lag, with asynchronous replication. */
  readonly maxStandbyLag?: Option<number>;
  /** Whether commits wait for standbys. */
  readonly synchronousReplication?: Option<boolean>;
  /** Below this many, commits block. */
  readonly minSynchronousStandbys?: Option<number>;
  /** At most this many have to confirm a commit. */
  readonly maxSynchronousStandbys?: Option<number>;
  /** Added to `max_wal_senders`. */
  readonly additionalWalSenders?: Option<number>;
  /** Created as `stolon_<name>` on the primary. */
  readonly additionalMasterReplicationSlots?: Option<readonly string[]>;
  /** Whether a resync may rewind instead of copying. */
  readonly usePgrewind?: Option<boolean>;
  /** Take over the parameters of the initialised instance into the spec. */
  readonly mergePgParameters?: Option<boolean>;
  /** Of the whole cluster. */
  readonly role?: Option<ClusterRole>;
  /** For `initMode` new. */
  readonly newConfig?: Option<NewConfig>;
  /** For `initMode` pitr. */
  readonly pitrConfig?: Option<PitrConfig>;
  /** For `initMode` existing. */
  readonly existingConfig?: Option<ExistingConfig>;
  /** The external primary of a standby cluster. */
  readonly standbyConfig?: Option<StandbyConfig>;
  /** From where superuser and replication user may connect. */
  readonly defaultSUReplAccessMode?: Option<SuReplAccessMode>;
  /** The user's parameters of PostgreSQL by name. */
  readonly pgParameters?: Option<Readonly<Record<string, string>>>;
  /** Lines of `pg_hba.conf`; null: the default client lines, an empty list: none. */
  readonly pgHBA?: Option<readonly string[]>;
  /** Restart PostgreSQL when a changed parameter needs it. */
  readonly automaticPgRestart?: Option<boolean>;
}

/** Every option with the value that holds now. No optionals; null only where "none" is a value of its own. */
export interface ResolvedSpec {
  /** How the first instance comes to be; required. */
  readonly initMode: ClusterInitMode;
  /** Floor of the loops of keepers and sentinels. */
  readonly sleepIntervalMs: number;
  /** Limit of one request to PostgreSQL or a peer. */
  readonly requestTimeoutMs: number;
  /** How long a db may take to reach a new generation before it counts as failed. */
  readonly convergenceTimeoutMs: number;
  /** The same for the first initialisation. */
  readonly initTimeoutMs: number;
  /** 0: no limit. */
  readonly syncTimeoutMs: number;
  /** How long to wait for PostgreSQL to accept connections after a start. */
  readonly dbWaitReadyTimeoutMs: number;
  /** How long an error must last before a keeper or db is unhealthy. */
  readonly failIntervalMs: number;
  /** After which a dead keeper without a db is forgotten. */
  readonly deadKeeperRemovalIntervalMs: number;
  /** Floor of a proxy's store reads. */
  readonly proxyCheckIntervalMs: number;
  /** A proxy without a good read for this long closes everything. */
  readonly proxyTimeoutMs: number;
  /** Sizes `max_replication_slots` and `max_wal_senders`. */
  readonly maxStandbys: number;
  /** Wanted standbys of the primary. */
  readonly maxStandbysPerSender: number;
  /** Bytes that a candidate may lag, with asynchronous replication. */
  readonly maxStandbyLagBytes: bigint;
  /** Whether commits wait for standbys. */
  readonly synchronousReplication: boolean;
  /** Below this many, commits block. */
  readonly minSynchronousStandbys: number;
  /** At most this many have to confirm a commit. */
  readonly maxSynchronousStandbys: number;
  /** Added to `max_wal_senders`. */
  readonly additionalWalSenders: number;
  /** Created as `stolon_<name>` on the primary. */
  readonly additionalMasterReplicationSlots: readonly string[] | null;
  /** Whether a resync may rewind instead of copying. */
  readonly usePgrewind: boolean;
  /** Take over the parameters of the initialised instance into the spec. */
  readonly mergePgParameters: boolean;
  /** Of the whole cluster. */
  readonly role: ClusterRole;
  /** For `initMode` new. */
  readonly newConfig: NewConfig | null;
  /** For `initMode` pitr. */
  readonly pitrConfig: PitrConfig | null;
  /** For `initMode` existing. */
  readonly existingConfig: ExistingConfig | null;
  /** The external primary of a standby cluster. */
  readonly standbyConfig: StandbyConfig | null;
  /** From where superuser and replication user may connect. */
  readonly defaultSUReplAccessMode: SuReplAccessMode;
  /** The user's parameters of PostgreSQL by name. */
  readonly pgParameters: Readonly<Record<string, string>>;
  /** Lines of `pg_hba.conf`; null: the default client lines, an empty list: none. */
  readonly pgHBA: readonly string[] | null;
  /** Restart PostgreSQL when a changed parameter needs it. */
  readonly automaticPgRestart: boolean;
}
