/** Failures that last are told at their beginning, once in a while, and at their end: a log is read by people. */
import { describeError } from "../common/errors.ts";
import type { Logger } from "../common/log.ts";

const REPEAT_MS = 30_000;

/** One kind of work that may fail again and again. */
export class QuietFailures {
  readonly #what: string;
  readonly #log: Logger;
  #last: { readonly text: string; readonly loggedMs: number } | undefined;

  constructor(what: string, log: Logger) {
    this.#what = what;
    this.#log = log;
  }

  /** Logs a failure that is new, or has not been told for a while. */
  failed(error: unknown): void {
    const text = describeError(error);
    const nowMs = performance.now();
    if (this.#last?.text === text && nowMs - this.#last.loggedMs < REPEAT_MS) return;
    this.#last = { text, loggedMs: nowMs };
    this.#log.error(`${this.#what} failed`, { error: text });
  }

  /** Says once that it works again. */
  succeeded(): void {
    if (this.#last === undefined) return;
    this.#last = undefined;
    this.#log.info(`${this.#what} works again`);
  }
}
