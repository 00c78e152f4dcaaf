/** Simulated time: events in the order of their times, a log of what happened, and the violations that checkers found. */
import { EventQueue } from "./event_queue.ts";
import type { Random } from "./random.ts";

export interface LogEntry {
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
}

/** What a checker found to be broken. Ends the run. */
export class Violation extends Error {
  override readonly name = "Violation";
  constructor(readonly invariant: string, readonly detail: string) {
    super(`${invariant}: ${detail}`);
  }
}

export class World {
  /** True time since the beginning; no process can see it. */
  nowMs = 0;
  readonly log: LogEntry[] = [];
  eventCount = 0;
  readonly #queue = new EventQueue();
  readonly #afterEvent: (() => void)[] = [];

  constructor(readonly random: Random) {}

  /** Runs `action` after `delayMs` of true time. */
  after(delayMs: number, action: () => void): void {
    this.#queue.push(this.nowMs + Math.max(0, delayMs), action);
  }

  at(timeMs: number, action: () => void): void {
    this.#queue.push(Math.max(this.nowMs, timeMs), action);
  }

  /** Checked after each event. */
  afterEachEvent(check: () => void): void {
    this.#afterEvent.push(check);
  }

  note(who: string, what: string): void {
    this.log.push({ atMs: this.nowMs, who, what });
  }

  /** @throws {Violation} always */
  violated(invariant: string, detail: string): never {
    this.note("CHECKER", `${invariant}: ${detail}`);
    throw new Violation(invariant, detail);
  }

  runUntil(endMs: number): void {
    while (true) {
      const event = this.#queue.popUntil(endMs);
      if (event === undefined) break;
      this.nowMs = event.timeMs;
      this.eventCount++;
      event.action();
      for (const check of this.#afterEvent) check();
    }
    this.nowMs = endMs;
  }
}
