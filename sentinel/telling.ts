// This module is pure.
/** Which events are told: decisions always, what is waited for when it is new and once a minute while it lasts. */
import type { DecisionEvent } from "./events.ts";

/** A wait that goes on is told again after this long. */
export const REMIND_MS = 60_000;

/** When each wait that is going on was last told. */
export type Told = Readonly<Record<string, number>>;

/** What is to be told now, and what was. */
export interface Telling {
  readonly events: readonly DecisionEvent[];
  /** For the next look. */
  readonly told: Told;
}

/** Sorts out what is news. A wait that ended and begins again is news. */
export function news(
  events: readonly DecisionEvent[],
  { told, nowMs }: { readonly told: Told; readonly nowMs: number },
): Telling {
  const next: Record<string, number> = {};
  const fresh = events.filter((event) => {
    if (event.kind !== "waiting") return true;
    const key = `${event.rule}: ${event.reason}`;
    const lastMs = told[key];
    const isNews = lastMs === undefined || nowMs - lastMs >= REMIND_MS;
    next[key] = isNews ? nowMs : lastMs;
    return isNews;
  });
  return { events: fresh, told: next };
}

/** Whether an event belongs into the history: what was decided, and what went wrong. */
export function isWorthKeeping(event: DecisionEvent): boolean {
  if (event.level === "debug") return false;
  return event.kind === "decided" || event.level === "error" ||
    (event.kind === "noticed" && event.level === "warn");
}
