/** A lane as the proxy's main thread sees it. */
import type { LaneCounters } from "./lane/counters.ts";
import type { LaneOrder } from "./lane/messages.ts";
import type { Instant } from "./route.ts";

export interface LaneControl {
  readonly counters: LaneCounters;
  /** Whether it has begun and can be given orders. */
  readonly isAlive: boolean;
  /** Whether it has ended by itself after it had begun. */
  readonly hasDied: boolean;
  /** Begins its life. */
  start(): Promise<void>;
  /**
   * Resolves when the order has been carried out.
   * @throws {Error} when it failed, or has not been carried out in time
   */
  order(order: LaneOrder): Promise<void>;
  /** The instant by the lane's clocks. */
  inItsTime(instant: Instant): Instant;
  /** Ends it and whatever it still has open; orders that are under way reject. */
  terminate(): void;
}
