// This module is pure.
/**
 * When the leader writes. An idle cluster is quiet: positions and times move all the time, and are worth a write only
 * every now and then; anything else at once.
 */
import type { ClusterData, Db, Keeper } from "../cluster/clusterdata.ts";
import { sameValue } from "../cluster/same_value.ts";
import { sleepIntervalMs } from "./periods.ts";

/** Operators take the document's age as the leader's sign of life, so it is never older than this. */
export const MAX_AGE_MS = 10_000;

/** What the answer depends on. */
export interface WriteQuestion {
  /** The document as it was read. */
  readonly read: ClusterData;
  /** What was decided. */
  readonly decided: ClusterData;
  /** Monotonic time of the last write of this leadership; undefined: it has not written yet. */
  readonly writtenMs: number | undefined;
  readonly nowMs: number;
}

/** Why the decided view has to be written now; undefined: it needn't be. */
export function writeReason({ read, decided, writtenMs, nowMs }: WriteQuestion): string | undefined {
  if (writtenMs === undefined) return "the first look of a leadership";
  if (decided !== read && !sameButForMoving(read, decided)) return "the view has changed";
  const ageMs = nowMs - writtenMs;
  if (ageMs >= MAX_AGE_MS) return "the document is getting old";
  const moved = decided !== read && !samePositions(read, decided);
  return moved && ageMs >= 2 * sleepIntervalMs(read) ? "positions have moved" : undefined;
}

/** In how many milliseconds after a write the next one is due at the latest. */
export function nextWriteMs(data: ClusterData): number {
  return Math.min(MAX_AGE_MS, 2 * sleepIntervalMs(data));
}

function sameButForMoving(a: ClusterData, b: ClusterData): boolean {
  return sameValue(a.cluster, b.cluster) && sameValue(a.proxy, b.proxy) &&
    sameBy(a.keepers, b.keepers, stillKeeper) && sameBy(a.dbs, b.dbs, stillDb);
}

function samePositions(a: ClusterData, b: ClusterData): boolean {
  return sameBy(a.dbs, b.dbs, (db) => db.status);
}

type Records<T> = Readonly<Record<string, T>>;

function sameBy<T>(a: Records<T>, b: Records<T>, pick: (value: T) => unknown): boolean {
  const uids = Object.keys(a);
  if (uids.length !== Object.keys(b).length) return false;
  return uids.every((uid) => {
    const [left, right] = [a[uid], b[uid]];
    if (left === right) return true;
    return left !== undefined && right !== undefined && sameValue(pick(left), pick(right));
  });
}

function stillKeeper(keeper: Keeper): Keeper {
  return { ...keeper, status: { ...keeper.status, lastHealthyTime: "" } };
}

function stillDb(db: Db): Db {
  return { ...db, status: { ...db.status, xLogPos: 0n, olderWalFile: "" } };
}
