// This module is pure.
/** New assignments: a db for a keeper that has none. */
import type { Db, DbInitMode, DbSpec, DbStatus, FollowConfig } from "../cluster/clusterdata.ts";
import { formatDurationMs } from "../cluster/duration.ts";
import type { ResolvedSpec } from "../cluster/spec.ts";
import type { Look } from "./look.ts";

const NEVER_REPORTED: DbStatus = {
  healthy: false,
  currentGeneration: 0,
  listenAddress: "",
  port: "",
  systemdID: "",
  timelineID: 0,
  xLogPos: 0n,
  timelinesHistory: [],
  pgParameters: {},
  synchronousStandbys: [],
  olderWalFile: "",
};

/** The cluster's first db. How it comes to be is the cluster's `initMode`. */
export function newMasterDb(look: Look, keeperUID: string): Db {
  const { spec } = look;
  return newDb(look, {
    ...mirroredSpec(spec),
    ...headRole(spec),
    keeperUID,
    initMode: spec.initMode satisfies DbInitMode,
    newConfig: spec.initMode === "new" ? spec.newConfig : null,
    pitrConfig: spec.initMode === "pitr" ? spec.pitrConfig : null,
    additionalReplicationSlots: headSlots(spec),
    followers: [],
    includePreviousConfig: spec.mergePgParameters,
    ...noSynchronousStandbys(replicatesSynchronously(spec)),
  });
}

/** A standby of `masterDbUid`, to be made from whatever its keeper has, or by a copy. */
export function newStandbyDb(
  look: Look,
  { keeperUID, masterDbUid }: { readonly keeperUID: string; readonly masterDbUid: string },
): Db {
  return newDb(look, {
    ...mirroredSpec(look.spec),
    keeperUID,
    initMode: "resync",
    newConfig: null,
    pitrConfig: null,
    role: "standby",
    followConfig: { type: "internal", dbuid: masterDbUid },
    additionalReplicationSlots: null,
    followers: [],
    includePreviousConfig: false,
    ...noSynchronousStandbys(replicatesSynchronously(look.spec)),
  });
}

function newDb(look: Look, spec: DbSpec): Db {
  return { uid: look.newUid(), generation: 1, changeTime: look.now.wallTime, spec, status: NEVER_REPORTED };
}

/** The fields of every db's spec that repeat the cluster spec. */
export function mirroredSpec(spec: ResolvedSpec) {
  return {
    requestTimeout: formatDurationMs(spec.requestTimeoutMs),
    maxStandbys: spec.maxStandbys,
    usePgrewind: spec.usePgrewind,
    additionalWalSenders: spec.additionalWalSenders,
    pgParameters: spec.pgParameters,
    pgHBA: spec.pgHBA,
  };
}

/** What the head of the cluster is: its primary, or in a standby cluster what follows the external one. */
export function headRole(
  spec: ResolvedSpec,
): { readonly role: "master" | "standby"; readonly followConfig: FollowConfig | null } {
  if (spec.role === "master") return { role: "master", followConfig: null };
  const followConfig: FollowConfig = {
    type: "external",
    standbySettings: spec.standbyConfig?.standbySettings ?? null,
    archiveRecoverySettings: spec.standbyConfig?.archiveRecoverySettings ?? null,
  };
  return { role: "standby", followConfig };
}

/** Replication slots beyond those of the followers: on the head alone. */
export function headSlots(spec: ResolvedSpec): readonly string[] | null {
  const slots = spec.additionalMasterReplicationSlots;
  return slots === null || slots.length === 0 ? null : slots.toSorted();
}

/** Whether this cluster replicates synchronously: never one of role standby, whatever its spec says. */
export function replicatesSynchronously(spec: ResolvedSpec): boolean {
  return spec.synchronousReplication && spec.role === "master";
}

/** The synchronous part of a spec without synchronous replication. */
export const NOT_SYNCHRONOUS = {
  synchronousReplication: false,
  synchronousStandbys: null,
  externalSynchronousStandbys: null,
} as const;

/** The synchronous part of a spec that requires nobody: lists with synchronous replication, null without. */
export function noSynchronousStandbys(synchronousReplication: boolean) {
  if (!synchronousReplication) return NOT_SYNCHRONOUS;
  return { synchronousReplication, synchronousStandbys: [], externalSynchronousStandbys: [] };
}
