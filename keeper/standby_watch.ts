// This module is pure.
/**
 * How often a primary has to look at its standbys. While one that it requires has yet to confirm what it has, clients
 * wait for nothing else, and no event tells when that happens: so the primary looks often, for a while.
 */
import type { Assignment } from "./assignment.ts";

const LOOK_AGAIN_MS = 200;
/** A standby that is not there by then may be down for hours. */
const PATIENCE_MS = 30_000;

export interface StandbyWatch {
  /** The required standbys that are waited for; empty: nobody. */
  readonly missing: string;
  readonly sinceMs: number;
}

export const NOBODY: StandbyWatch = { missing: "", sinceMs: 0 };

/** Whom the primary waits for now, and since when. */
export function watchStandbys(
  before: StandbyWatch,
  now: { readonly assignment: Assignment; readonly inSync: readonly string[]; readonly nowMs: number },
): StandbyWatch {
  const { assignment, inSync, nowMs } = now;
  if (assignment.kind !== "converge" || assignment.goal.db.spec.role !== "master") return NOBODY;
  const required = assignment.goal.db.spec.synchronousStandbys ?? [];
  const missing = required.filter((uid) => !inSync.includes(uid)).join(" ");
  return missing === before.missing ? before : { missing, sinceMs: nowMs };
}

/** In how many milliseconds to look again because of that; null: the usual rhythm will do. */
export function nextStandbyLookMs({ missing, sinceMs }: StandbyWatch, nowMs: number): number | null {
  return missing === "" || nowMs - sinceMs > PATIENCE_MS ? null : LOOK_AGAIN_MS;
}
