/** How long ago something was, by the clock that says more: one may stand still in a suspended machine, the other may be set. */
import { type Instant, instantOf } from "../common/instant.ts";
import type { Clock } from "../common/clock.ts";

export { type Instant, instantOf };

/** Before anything that happened. */
export const NEVER: Instant = { monotonicMs: -Infinity, wallMs: -Infinity };

/** Age in milliseconds. */
export function ageMs(instant: Instant, clock: Clock): number {
  return Math.max(clock.monotonicMs() - instant.monotonicMs, clock.wallMs() - instant.wallMs);
}
