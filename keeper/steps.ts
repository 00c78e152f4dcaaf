// This module is pure.
/** The vocabulary of a keeper's work. Each step is idempotent, and may be interrupted and begun again. */
import type { NewConfig } from "../cluster/spec.ts";
import type { InternalSource } from "./assignment.ts";
import type { ResyncMethod } from "./observed.ts";
import type { Parameters } from "./postgres/configuration.ts";

export type Step =
  /** Fast shutdown; waits. */
  | { readonly kind: "stopServer" }
  /** From here on the directory counts as rubbish until `completeInitialisation`. */
  | { readonly kind: "beginInitialisation" }
  /** Empties the PostgreSQL data directory, the places its links lead to included. */
  | { readonly kind: "clearDirectory" }
  | { readonly kind: "runInitdb"; readonly newConfig: NewConfig | null }
  | { readonly kind: "restoreBackup"; readonly command: string }
  /** Starts the instance for the keeper alone: no TCP, no clients. */
  | {
    readonly kind: "startForSetup";
    readonly recovery: "none" | "target" | "standby";
    readonly parameters: Parameters;
    /** What `ALTER SYSTEM` wrote still counts, to be taken over. */
    readonly keepsAutoConf: boolean;
  }
  /** Until recovery has ended, or a standby has become consistent. `limitMs` 0: no limit. */
  | { readonly kind: "awaitRecoveryEnd"; readonly standby: boolean; readonly limitMs: number }
  /** Reads what the instance's own files set, for `completeInitialisation`. */
  | { readonly kind: "takeOverParameters" }
  | { readonly kind: "setUpRoles" }
  /** Copies of configuration files that the keeper is about to replace, beside them. */
  | { readonly kind: "keepOriginalFiles" }
  /** From here on the directory is the instance of the assigned db. */
  | { readonly kind: "completeInitialisation" }
  /** Asks the db to follow whether it would take us, and for its history. */
  | { readonly kind: "lookAtSource"; readonly source: InternalSource; readonly slot: string }
  /** Finds the end of what a stopped instance has on disk. */
  | { readonly kind: "measureLocalWal" }
  /** Remembers that the result of a method is about to run and has to prove itself. */
  | { readonly kind: "beginTrial"; readonly method: ResyncMethod }
  /** Remembers that a method is of no use under this assignment. */
  | { readonly kind: "rejectMethod"; readonly method: ResyncMethod }
  | { readonly kind: "copySource"; readonly source: InternalSource; readonly slot: string }
  /** Replays what a crash left behind and stops: a primary in single-user mode, a standby as a standby. */
  | { readonly kind: "recoverFromCrash"; readonly asStandby: boolean }
  /** WAL that waits for the archiver would be gone with what is about to be replaced. Gives up loudly after a while. */
  | { readonly kind: "archiveWaitingWal" }
  | { readonly kind: "rewindToSource"; readonly source: InternalSource }
  | { readonly kind: "writeSignals"; readonly standby: boolean; readonly recovery: boolean }
  | {
    readonly kind: "writeConfiguration";
    readonly parameters: Parameters;
    /** The wanted text of which this is what the server takes; null: it is the wanted one. */
    readonly prunedFrom: string | null;
  }
  | { readonly kind: "writeHba"; readonly lines: readonly string[] }
  | { readonly kind: "startServer"; readonly holdsClients: boolean }
  | { readonly kind: "openToClients" }
  | { readonly kind: "reloadServer" }
  /** Makes a standby that waits before it connects again do so now. */
  | { readonly kind: "nudgeReceiver" }
  /** Ends recovery, proves it by the new timeline, and sets a checkpoint going. */
  | { readonly kind: "promote" }
  | { readonly kind: "createSlot"; readonly name: string }
  | { readonly kind: "dropSlot"; readonly name: string }
  | { readonly kind: "saveGeneration"; readonly generation: number };

/** A step and why it is to be taken. */
export interface PlannedStep {
  readonly step: Step;
  readonly reason: string;
}

export interface Plan {
  readonly steps: readonly PlannedStep[];
  /** Whether to look again at once after the steps: the plan goes on from what is then seen. */
  readonly lookAgain: boolean;
  /** What keeps the goal from being reached, when nothing here can be done about it now. */
  readonly waitingFor: string | null;
  /** Waiting will not help: somebody has to do something. */
  readonly needsOperator?: boolean;
  /** When to look again although nothing happened; null: at the next interval. */
  readonly nextLookMs: number | null;
  /** Whether the files differ from what they should hold. Null when the pass did not come to compare them. */
  readonly configuration: { readonly parametersChanged: boolean; readonly hbaChanged: boolean } | null;
}
