/** How long ago something was, by the clock that says more: one may stand still in a suspended machine, the other may be set. */
import type { Clock } from "../common/clock.ts";

export interface Instant {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** Before anything that happened. */
export const NEVER: Instant = { monotonicMs: -Infinity, wallMs: -Infinity };

/** Now, by both clocks. What a look found is as old as its beginning: take the instant before it. */
export function instantOf(clock: Clock): Instant {
  return { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() };
}

/** Age in milliseconds. */
export function ageMs(instant: Instant, clock: Clock): number {
  return Math.max(clock.monotonicMs() - instant.monotonicMs, clock.wallMs() - instant.wallMs);
}
