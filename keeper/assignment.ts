// This module is pure.
/** What the cluster view asks of this keeper, or why it asks for nothing. */
import { type ClusterData, type Db, sortedKeys } from "../cluster/clusterdata.ts";
import type { ArchiveRecoverySettings, ResolvedSpec, StandbySettings } from "../cluster/spec.ts";

/** Another db of the cluster, as far as it matters to this one. */
export interface Peer {
  readonly dbUid: string;
  readonly address: string;
  readonly isMaster: boolean;
  readonly healthy: boolean;
  /** Whether it has reported the generation that it was given. */
  readonly converged: boolean;
}

/** A followed db of this cluster. */
export interface InternalSource {
  readonly kind: "internal";
  readonly dbUid: string;
  /** Empty while the view doesn't know it. */
  readonly host: string;
  readonly port: string;
  /** Whether it is to be a primary: then it must have left recovery before anybody compares histories with it. */
  readonly isPrimary: boolean;
}

/** A primary outside of this cluster, or an archive. */
export interface ExternalSource {
  readonly kind: "external";
  readonly standbySettings: StandbySettings | null;
  readonly archiveRecoverySettings: ArchiveRecoverySettings | null;
}

export type Source = InternalSource | ExternalSource;

/** What this keeper's instance has to become. */
export interface Goal {
  readonly db: Db;
  readonly spec: ResolvedSpec;
  /** What a standby follows; null on a primary. */
  readonly source: Source | null;
  /** All other dbs, in the order of their UIDs. */
  readonly peers: readonly Peer[];
}

export type Assignment =
  /** Touch nothing. */
  | { readonly kind: "wait"; readonly reason: string }
  /** PostgreSQL must not run. */
  | { readonly kind: "stop"; readonly reason: string }
  | { readonly kind: "converge"; readonly goal: Goal };

export interface AssignmentQuestion {
  readonly data: ClusterData | null;
  /** The cluster's spec, resolved and valid. Null when there is no cluster. */
  readonly spec: ResolvedSpec | null;
  readonly keeperUid: string;
  readonly bootUuid: string;
  /** The cluster is new to this keeper, and has not yet given it a db. Default false. */
  readonly isNewcomer?: boolean;
}

/** Finds what the view asks of the keeper. */
export function readAssignment(question: AssignmentQuestion): Assignment {
  const { data, spec, keeperUid, bootUuid, isNewcomer } = question;
  if (data === null || data.cluster === null || spec === null) {
    return { kind: "wait", reason: "there is no cluster data in the store" };
  }
  const keeper = data.keepers[keeperUid];
  if (keeper === undefined) return { kind: "wait", reason: "the cluster view does not know this keeper yet" };
  if (keeper.status.bootUUID !== bootUuid) {
    return { kind: "stop", reason: "the sentinel has not yet seen this start of the keeper" };
  }
  const dbUid = sortedKeys(data.dbs).find((uid) => data.dbs[uid]?.spec.keeperUID === keeperUid);
  const db = dbUid === undefined ? undefined : data.dbs[dbUid];
  if (db === undefined && isNewcomer) {
    return { kind: "wait", reason: "the new cluster has not assigned a db to this keeper yet" };
  }
  if (db === undefined) return { kind: "stop", reason: "no db is assigned to this keeper" };
  return { kind: "converge", goal: { db, spec, source: sourceOf(db, data), peers: peersOf(db, data) } };
}

function sourceOf(db: Db, data: ClusterData): Source | null {
  const follow = db.spec.followConfig;
  if (db.spec.role === "master" || follow === null) return null;
  if (follow.type === "external") {
    const { standbySettings, archiveRecoverySettings } = follow;
    return { kind: "external", standbySettings, archiveRecoverySettings };
  }
  const followed = data.dbs[follow.dbuid];
  return {
    kind: "internal",
    dbUid: follow.dbuid,
    host: followed?.status.listenAddress ?? "",
    port: followed?.status.port ?? "",
    isPrimary: followed?.spec.role === "master",
  };
}

function peersOf(db: Db, data: ClusterData): readonly Peer[] {
  const others = sortedKeys(data.dbs).flatMap((uid) => uid === db.uid ? [] : data.dbs[uid] ?? []);
  return others.map((other) => ({
    dbUid: other.uid,
    address: other.status.listenAddress,
    isMaster: other.spec.role === "master",
    healthy: other.status.healthy,
    converged: other.status.currentGeneration === other.generation,
  }));
}
