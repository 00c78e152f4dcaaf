// This module is pure.
/**
 * Who is well, who has failed, and who is merely not known. Failure is declared only from what this process has seen for
 * itself (`memory.ts`): what another sentinel wrote into the document is believed only as long as it costs nothing.
 */
import type { ClusterData, Db } from "../cluster/clusterdata.ts";
import { secondsFact } from "./events.ts";
import type { Look } from "./look.ts";
import { freshnessMs, keeperPatienceMs } from "./periods.ts";
import { hasConverged } from "./view.ts";

/**
 * `alive`: its info changed while we looked, not too long ago. `silent`: not for too long. `unseen`: we haven't watched
 * for long enough to tell.
 */
export type KeeperVerdict = "alive" | "silent" | "unseen";

/** How a keeper is, by what this process saw. */
export function keeperVerdict(look: Look, keeperUid: string): KeeperVerdict {
  const sighting = look.memory.keepers[keeperUid];
  if (sighting === undefined) return "unseen";
  if (silenceMs(look, keeperUid) >= keeperPatienceMs(look.spec)) return "silent";
  return sighting.seen ? "alive" : "unseen";
}

/** For how long no info of this keeper has changed, as far as we watched. */
export function silenceMs(look: Look, keeperUid: string): number {
  const sighting = look.memory.keepers[keeperUid];
  return sighting === undefined ? 0 : look.memory.watchedMs - sighting.aliveWatchedMs;
}

/** For how long the db has been in error; undefined: it isn't. */
export function errorMs(look: Look, db: Db): number | undefined {
  const since = look.memory.dbs[db.uid]?.error?.sinceWatchedMs;
  return since === undefined ? undefined : look.memory.watchedMs - since;
}

/** How far a db is on the way to the generation that it was given. */
export type Convergence = "converged" | "converging" | "failed";

/** See {@link Convergence}. */
export function convergence(look: Look, db: Db): Convergence {
  if (hasConverged(db, look)) return "converged";
  const asked = look.original.dbs[db.uid];
  const clock = look.memory.dbs[db.uid]?.unconverged;
  if (asked === undefined || clock === undefined) return "converging";
  const limitMs = convergenceLimitMs(look, asked);
  const failed = limitMs > 0 && look.memory.watchedMs - clock.sinceWatchedMs >= limitMs;
  return failed ? "failed" : "converging";
}

/** How long a db may take to reach its generation; 0: as long as it wants. */
export function convergenceLimitMs(look: Pick<Look, "spec">, db: Db): number {
  switch (db.spec.initMode) {
    case "new":
      return look.spec.initTimeoutMs;
    case "resync":
      return look.spec.syncTimeoutMs;
    case "pitr":
    case "existing":
      return 0;
    case "none":
      return look.spec.convergenceTimeoutMs;
  }
}

/**
 * Why this db has failed, as this process saw itself, as a clause that follows its name. Undefined: it hasn't, or it
 * isn't known yet.
 */
export function failureReason(look: Look, db: Db): string | undefined {
  if (keeperVerdict(look, db.spec.keeperUID) === "silent") {
    return `its keeper ${db.spec.keeperUID} has given no sign of life for ${
      secondsFact(keeperPatienceMs(look.spec))
    }`;
  }
  const inErrorMs = errorMs(look, db);
  if (inErrorMs !== undefined && inErrorMs >= look.spec.failIntervalMs) {
    return `it has been in error for ${secondsFact(look.spec.failIntervalMs)}: ${errorText(look, db)}`;
  }
  if (convergence(look, db) === "failed") {
    return `it has not reached generation ${look.original.dbs[db.uid]?.generation} within its time`;
  }
  return undefined;
}

/** What the keeper says about a db that is in error. */
export function errorText(look: Look, db: Db): string {
  const info = look.keeperInfos.get(db.spec.keeperUID);
  if (info === undefined) return "its keeper publishes nothing";
  const state = info.postgresState;
  if (state === null) return "its keeper reports no PostgreSQL instance";
  if (state.uid !== db.uid) {
    return `its keeper reports ${state.uid === "" ? "no db" : `db ${state.uid}`} instead`;
  }
  return state.healthy ? "its keeper reports it healthy" : "its keeper reports it unhealthy";
}

/**
 * Whether a db is good: its keeper and itself healthy, its data complete (it has converged once), and not overdue. One
 * that is on its way to a later generation is still good: every change of a parameter would otherwise empty the list of
 * candidates and of synchronous standbys for a moment.
 */
export function isGood(data: ClusterData, db: Db, look: Look): boolean {
  const keeperHealthy = data.keepers[db.spec.keeperUID]?.status.healthy ?? false;
  return keeperHealthy && db.status.healthy && db.status.currentGeneration > 0 &&
    convergence(look, db) !== "failed";
}

/** Whether a db may still become good by itself: its keeper is healthy and it has time left. */
export function isConverging(data: ClusterData, db: Db, look: Look): boolean {
  const keeperHealthy = data.keepers[db.spec.keeperUID]?.status.healthy ?? false;
  if (!keeperHealthy || convergence(look, db) === "failed") return false;
  return db.status.currentGeneration === 0 || (convergence(look, db) === "converging" && db.status.healthy);
}

/**
 * Whether the last report of this db is healthy and certainly not older than one publishing period. An older one may
 * tell of a server that has died since.
 */
export function isFresh(look: Look, db: Db): boolean {
  const publishedAfterMs = look.memory.keepers[db.spec.keeperUID]?.publishedAfterMs;
  if (publishedAfterMs === undefined || !reportsHealthy(look, db)) return false;
  return look.now.monotonicMs - publishedAfterMs <= freshnessMs(look.spec);
}

/** Whether the keeper's last info reports this very db healthy. */
export function reportsHealthy(look: Look, db: Db): boolean {
  const state = look.keeperInfos.get(db.spec.keeperUID)?.postgresState;
  return state?.uid === db.uid && state.healthy;
}

/** Whether a db is healthy and has reached what the document asked of it. */
export function hasConvergedAndIsHealthy(db: Db, look: Look): boolean {
  return db.status.healthy && hasConverged(db, look);
}
