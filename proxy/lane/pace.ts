/**
 * How many messages a thread moves before it lets its runtime breathe. The runtime gives each of its turns a budget of I/O
 * (tokio's cooperative budget, 128); what exceeds it is put off, a write together with its bytes, where no check of ours
 * can reach it: a process that is frozen then and wakes up late would complete it. Measured with eight clients at full
 * speed: 2 % of all writes were put off without this, none with it (`docs/proxy-performance.md`).
 */
import { setImmediate } from "node:timers";

/** A turn may see twice as many, each of them a read and a write: this leaves room for whatever else there is. */
const MESSAGES_PER_TURN = 16;

/** See the module. One per thread. */
export class Pace {
  #taken = 0;
  #turns = 0;
  readonly #waiting: (() => void)[] = [];

  /** How many turns have been noticed. To be handed to {@link Pace.turnedSince} later. */
  get turns(): number {
    return this.#turns;
  }

  /** To be told by whoever knows that a turn has ended since `turns` was read, lest many small messages wait in vain. */
  turnedSince(turns: number): void {
    // Another one has said so already, perhaps in this very turn.
    if (turns !== this.#turns) return;
    this.#turns++;
    if (this.#waiting.length === 0) this.#taken = 0;
  }

  /** To be asked before each message is written and each client accepted: undefined, or what to wait for. */
  turn(): Promise<void> | undefined {
    if (this.#taken < MESSAGES_PER_TURN && this.#waiting.length === 0) {
      this.#taken++;
      return undefined;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    if (this.#waiting.length === 1) setImmediate(() => this.#nextTurn());
    return promise;
  }

  #nextTurn(): void {
    const released = this.#waiting.splice(0, MESSAGES_PER_TURN);
    this.#taken = released.length;
    for (const release of released) release();
    if (this.#waiting.length > 0) setImmediate(() => this.#nextTurn());
  }
}
