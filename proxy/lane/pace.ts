/**
 * How many messages a thread moves before it lets its runtime breathe. The runtime gives each of its turns a budget of I/O
 * (tokio's cooperative budget, 128); what exceeds it is put off, a write together with its bytes, where no check of ours
 * can reach it: a process that is frozen then and wakes up late would complete it. Measured with eight clients at full
 * speed: 2 % of all writes were put off without this, none with it (`docs/proxy-performance.md`).
 */
import { setImmediate } from "node:timers";

/** A message is a read and a write, and a turn may see the messages of two breaths: this leaves room for others. */
const MESSAGES_PER_TURN = 30;

/** See the module. One per thread. */
export class Pace {
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  /** To be asked before each message is written: undefined when it may go at once, else what to wait for. */
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
