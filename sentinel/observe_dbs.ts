// This module is pure.
/** The clocks of each db: in error, not converged, standing still, on another branch than the master. */
import type { Db, DbStatus } from "../cluster/clusterdata.ts";
import type { KeeperInfo, PostgresState } from "../cluster/infos.ts";
import type { Observation } from "./decision.ts";
import type { DbSighting, Memory, Standstill } from "./memory.ts";
import { whatItIs } from "./report.ts";
import { sleepIntervalMs } from "./periods.ts";
import { invalidReason } from "./validity.ts";

/** So many boots in a row, without a good report in between, are given their time. */
const MAX_BOOTS = 5;

const UNKNOWN: DbSighting = {
  error: undefined,
  unconverged: undefined,
  lastGood: undefined,
  highestLsn: 0n,
  standstill: undefined,
  invalidSinceWatchedMs: undefined,
};

interface Found {
  readonly info: KeeperInfo | undefined;
  /** What the keeper reports of this very db; null: none, or another's. */
  readonly report: PostgresState | null;
  /** A db's status with what its keeper says now. */
  readonly latest: (db: Db) => DbStatus;
  /** The master's, likewise. */
  readonly masterStatus: DbStatus | undefined;
  readonly observation: Observation;
  readonly memory: Memory;
}

/** Sightings of every db in the document. */
export function observeDbs(observation: Observation, memory: Memory): Memory["dbs"] {
  const data = observation.clusterData;
  if (data === null) return {};
  const ours = observation.keeperInfos.filter((info) => info.clusterUID === data.cluster?.uid);
  const infos = new Map(ours.map((info) => [info.uid, info]));
  const reportOf = (db: Db) => {
    const state = infos.get(db.spec.keeperUID)?.postgresState;
    return state?.uid === db.uid ? state : null;
  };
  const latest = (db: Db): DbStatus => {
    const report = reportOf(db);
    return report?.healthy ? { ...db.status, ...whatItIs(report) } : db.status;
  };
  const master = data.dbs[data.cluster?.status.master ?? ""];
  const masterStatus = master === undefined ? undefined : latest(master);
  return Object.fromEntries(
    Object.values(data.dbs).map((db) => {
      const info = infos.get(db.spec.keeperUID);
      return [db.uid, sight(db, { info, report: reportOf(db), latest, masterStatus, observation, memory })];
    }),
  );
}

function sight(db: Db, found: Found): DbSighting {
  const before = found.memory.dbs[db.uid] ?? UNKNOWN;
  const position = found.report?.healthy ? found.report.xLogPos : 0n;
  return {
    error: errorOf(before, found),
    unconverged: unconvergedOf(db, { before, found }),
    lastGood: found.report?.healthy ? found.report : before.lastGood,
    highestLsn: highest(before.highestLsn, db.status.xLogPos, position),
    standstill: standstillOf(before.standstill, found),
    invalidSinceWatchedMs: invalidSince(db, { before, found }),
  };
}

/**
 * A db is in error from the first report on that names none, another, or an unhealthy one. No report at all says nothing
 * about the db: that is the keeper's silence. A keeper that was restarted gets its time anew, once for each boot, but not
 * for ever: one that crashes again and again would keep a cluster without a primary and without an election.
 */
function errorOf(before: DbSighting, { info, report, memory }: Found): DbSighting["error"] {
  if (info === undefined) return before.error;
  if (report?.healthy) return undefined;
  const boots = (before.error?.boots ?? 0) + 1;
  if (before.error?.bootUUID === info.bootUUID) return before.error;
  if (before.error !== undefined && boots > MAX_BOOTS) return { ...before.error, bootUUID: info.bootUUID };
  return { sinceWatchedMs: memory.watchedMs, bootUUID: info.bootUUID, boots };
}

function unconvergedOf(
  db: Db,
  { before, found }: { readonly before: DbSighting; readonly found: Found },
): DbSighting["unconverged"] {
  const reached = found.report?.generation ?? db.status.currentGeneration;
  if (reached === db.generation) return undefined;
  if (before.unconverged?.generation === db.generation) return before.unconverged;
  return { generation: db.generation, sinceWatchedMs: found.memory.watchedMs };
}

/** Counts new reports, at least a sleep interval apart, that name the position of the one before. */
function standstillOf(before: Standstill | undefined, found: Found): Standstill | undefined {
  const { info, report, observation } = found;
  if (info === undefined || report === null) return before;
  const now = observation.now.monotonicMs;
  if (!report.healthy || before?.xLogPos !== report.xLogPos) {
    return { xLogPos: report.xLogPos, infoUID: info.infoUID, count: 1, countedMs: now };
  }
  const isNew = before.infoUID !== info.infoUID;
  if (!isNew || now - before.countedMs < sleepIntervalMs(observation.clusterData)) return before;
  return { xLogPos: report.xLogPos, infoUID: info.infoUID, count: before.count + 1, countedMs: now };
}

function invalidSince(
  db: Db,
  { before, found }: { readonly before: DbSighting; readonly found: Found },
): number | undefined {
  const { masterStatus } = found;
  if (masterStatus === undefined) return undefined;
  if (invalidReason(found.latest(db), masterStatus) === undefined) return undefined;
  return before.invalidSinceWatchedMs ?? found.memory.watchedMs;
}

function highest(...positions: readonly bigint[]): bigint {
  return positions.reduce((a, b) => a > b ? a : b, 0n);
}
