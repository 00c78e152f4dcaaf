// This module is pure.
/** A moment on both clocks of a process: a suspended machine's monotonic clock may stand still, a wall clock may be set. */

export interface Instant {
  /** Milliseconds on the monotonic clock. */
  readonly monotonicMs: number;
  /** Milliseconds since the Unix epoch. */
  readonly wallMs: number;
}

/** Now, by both clocks. What a look found is as old as its beginning: take the instant before it. */
export function instantOf(clock: { monotonicMs(): number; wallMs(): number }): Instant {
  return { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() };
}
