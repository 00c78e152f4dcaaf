/** A machine's clocks: they drift, and the wall clock may be set. */
import type { World } from "./world.ts";

const WALL_START_MS = Date.parse("2026-01-01T00:00:00Z");

export class Clock {
  #jumpMs = 0;

  /** @param rate how fast it runs; 1.01 gains ten milliseconds in a second */
  constructor(
    private readonly world: World,
    private readonly rate: number,
    private readonly offsetMs: number,
  ) {}

  monotonicMs(): number {
    return this.world.nowMs * this.rate + this.offsetMs;
  }

  wallMs(): number {
    return WALL_START_MS + this.world.nowMs * this.rate + this.#jumpMs;
  }

  wallTime(): string {
    return new Date(this.wallMs()).toISOString();
  }

  /** Somebody sets the wall clock. */
  jump(ms: number): void {
    this.#jumpMs += ms;
  }

  /** How long the true time is in which this clock advances by `ms`. */
  trueMs(ms: number): number {
    return ms / this.rate;
  }
}
