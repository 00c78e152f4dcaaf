// This module is pure.
/**
 * The cluster specification in its two shapes: as the user wrote it ({@link ClusterSpec}, absent and null options kept)
 * and resolved ({@link ResolvedSpec}, every option with its value, durations in milliseconds). Validation is in
 * `spec_validation.ts`, resolving in `spec_defaults.ts`, patching in `merge_patch.ts`.
 */

export type ClusterRole = "master" | "standby";
export type ClusterInitMode = "new" | "existing" | "pitr";
export type SuReplAccessMode = "all" | "strict";

type Option<T> = T | null | undefined;

export interface NewConfig {
  readonly locale?: Option<string>;
  readonly encoding?: Option<string>;
  readonly dataChecksums?: Option<boolean>;
}

export interface RecoveryTargetSettings {
  readonly recoveryTarget?: Option<string>;
  readonly recoveryTargetLsn?: Option<string>;
  readonly recoveryTargetName?: Option<string>;
  readonly recoveryTargetTime?: Option<string>;
  readonly recoveryTargetXid?: Option<string>;
  readonly recoveryTargetTimeline?: Option<string>;
}

export interface ArchiveRecoverySettings {
  readonly restoreCommand?: Option<string>;
}

export interface PitrConfig {
  readonly dataRestoreCommand?: Option<string>;
  readonly archiveRecoverySettings?: Option<ArchiveRecoverySettings>;
  readonly recoveryTargetSettings?: Option<RecoveryTargetSettings>;
}

export interface ExistingConfig {
  readonly keeperUID?: Option<string>;
}

export interface StandbySettings {
  readonly primaryConninfo?: Option<string>;
  readonly primarySlotName?: Option<string>;
  readonly recoveryMinApplyDelay?: Option<string>;
}

export interface StandbyConfig {
  readonly standbySettings?: Option<StandbySettings>;
  readonly archiveRecoverySettings?: Option<ArchiveRecoverySettings>;
}

/** As written by the user and kept in the document. Durations are Go duration strings. */
export interface ClusterSpec {
  readonly initMode?: Option<ClusterInitMode>;
  readonly sleepInterval?: Option<string>;
  readonly requestTimeout?: Option<string>;
  readonly convergenceTimeout?: Option<string>;
  readonly initTimeout?: Option<string>;
  readonly syncTimeout?: Option<string>;
  readonly dbWaitReadyTimeout?: Option<string>;
  readonly failInterval?: Option<string>;
  readonly deadKeeperRemovalInterval?: Option<string>;
  readonly proxyCheckInterval?: Option<string>;
  readonly proxyTimeout?: Option<string>;
  readonly maxStandbys?: Option<number>;
  readonly maxStandbysPerSender?: Option<number>;
  readonly maxStandbyLag?: Option<number>;
  readonly synchronousReplication?: Option<boolean>;
  readonly minSynchronousStandbys?: Option<number>;
  readonly maxSynchronousStandbys?: Option<number>;
  readonly additionalWalSenders?: Option<number>;
  readonly additionalMasterReplicationSlots?: Option<readonly string[]>;
  readonly usePgrewind?: Option<boolean>;
  readonly mergePgParameters?: Option<boolean>;
  readonly role?: Option<ClusterRole>;
  readonly newConfig?: Option<NewConfig>;
  readonly pitrConfig?: Option<PitrConfig>;
  readonly existingConfig?: Option<ExistingConfig>;
  readonly standbyConfig?: Option<StandbyConfig>;
  readonly defaultSUReplAccessMode?: Option<SuReplAccessMode>;
  readonly pgParameters?: Option<Readonly<Record<string, string>>>;
  readonly pgHBA?: Option<readonly string[]>;
  readonly automaticPgRestart?: Option<boolean>;
}

/** Every option with the value that holds now. No optionals; null only where "none" is a value of its own. */
export interface ResolvedSpec {
  readonly initMode: ClusterInitMode;
  readonly sleepIntervalMs: number;
  readonly requestTimeoutMs: number;
  readonly convergenceTimeoutMs: number;
  readonly initTimeoutMs: number;
  /** 0: no limit. */
  readonly syncTimeoutMs: number;
  readonly dbWaitReadyTimeoutMs: number;
  readonly failIntervalMs: number;
  readonly deadKeeperRemovalIntervalMs: number;
  readonly proxyCheckIntervalMs: number;
  readonly proxyTimeoutMs: number;
  readonly maxStandbys: number;
  readonly maxStandbysPerSender: number;
  readonly maxStandbyLagBytes: bigint;
  readonly synchronousReplication: boolean;
  readonly minSynchronousStandbys: number;
  readonly maxSynchronousStandbys: number;
  readonly additionalWalSenders: number;
  readonly additionalMasterReplicationSlots: readonly string[] | null;
  readonly usePgrewind: boolean;
  readonly mergePgParameters: boolean;
  readonly role: ClusterRole;
  readonly newConfig: NewConfig | null;
  readonly pitrConfig: PitrConfig | null;
  readonly existingConfig: ExistingConfig | null;
  readonly standbyConfig: StandbyConfig | null;
  readonly defaultSUReplAccessMode: SuReplAccessMode;
  readonly pgParameters: Readonly<Record<string, string>>;
  readonly pgHBA: readonly string[] | null;
  readonly automaticPgRestart: boolean;
}
