/** The lane in the main thread itself: a thread costs 13 MB, and on one processor another one would gain nothing. */
import { systemClock } from "../common/clock.ts";
import type { Logger } from "../common/log.ts";
import { LaneCounters } from "./lane/counters.ts";
import { Lane } from "./lane/lane.ts";
import type { LaneOrder } from "./lane/messages.ts";
import type { LaneControl } from "./lane_control.ts";
import type { Instant } from "./route.ts";

export interface LocalLaneOptions {
  readonly hostname: string;
  readonly keepaliveIdleSeconds: number;
  readonly log: Logger;
  readonly onExpired: () => void;
}

/** See the module. */
export class LocalLane implements LaneControl {
  readonly isAlive = true;
  readonly hasDied = false;
  readonly counters = new LaneCounters();
  readonly #lane: Lane;

  constructor({ hostname, keepaliveIdleSeconds, log, onExpired }: LocalLaneOptions) {
    const settings = { hostname, keepaliveIdleSeconds, counters: this.counters.memory };
    this.#lane = new Lane({ settings, clock: systemClock, log, onExpired });
  }

  async start(): Promise<void> {}

  async order(order: LaneOrder): Promise<void> {
    await this.#lane.obey(order);
  }

  inItsTime(instant: Instant): Instant {
    return instant;
  }

  terminate(): void {}
}
