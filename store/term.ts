import { type Instant, instantOf } from "../common/instant.ts";
import { type Clock, systemClock } from "../common/clock.ts";
import type { Election, Leadership } from "./store.ts";

export type { Instant };

/** Now, on both clocks. Take it before a renewal is sent: the server counts from no earlier. */
export function instant(clock: Clock = systemClock): Instant {
  return instantOf(clock);
}

export interface TermOptions {
  /** How long a confirmation stands by our own clock: less than the lease's time to live. */
  readonly validMs: number;
  readonly confirmedAt: Instant;
  readonly onEnd: () => void;
  readonly clock?: Clock;
}

/**
 * One term of leadership. It stands for `validMs` after the moment at which the last successful renewal was sent. Both
 * clocks must agree: the monotonic one stands still in a suspended machine, the wall clock may be set back.
 */
export class Term<Proof> implements Leadership {
  /** What shows in the store that the term stands. */
  readonly proof: Proof;
  readonly #options: TermOptions;
  readonly #clock: Clock;
  readonly #ended = new AbortController();
  #confirmedAt: Instant;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(proof: Proof, options: TermOptions) {
    this.proof = proof;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#confirmedAt = options.confirmedAt;
    this.#arm();
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  holds(): boolean {
    if (this.#ended.signal.aborted) return false;
    if (this.#leftMs() > 0) return true;
    this.end("the lease was not renewed in time");
    return false;
  }

  /** A renewal that was sent at `sentAt` has been confirmed. A term that is over stays over. */
  confirm(sentAt: Instant): void {
    if (!this.holds()) return;
    if (sentAt.monotonicMs > this.#confirmedAt.monotonicMs) this.#confirmedAt = sentAt;
    this.#arm();
  }

  /** Ends the term; the first reason counts. */
  end(reason: string): void {
    if (this.#ended.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#ended.abort(new Error(reason));
    this.#options.onEnd();
  }

  #leftMs(): number {
    const now = instant(this.#clock);
    const elapsedMs = Math.max(
      now.monotonicMs - this.#confirmedAt.monotonicMs,
      now.wallMs - this.#confirmedAt.wallMs,
    );
    return this.#options.validMs - elapsedMs;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#ended.signal.aborted) return;
    this.#timer = setTimeout(() => {
      if (this.holds()) this.#arm();
    }, Math.max(1, this.#leftMs()));
  }
}

/** What every backend's candidacy keeps: the term, who wants to know, and the end. Backends drive it. */
export abstract class Candidacy<Proof> implements Election {
  readonly #listeners = new Set<() => void>();
  #term: Term<Proof> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  current(): Leadership | undefined {
    return this.#term?.holds() ? this.#term : undefined;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  abstract close(): Promise<void>;

  /** The term that has not been ended yet, whether or not it still holds. */
  protected get term(): Term<Proof> | undefined {
    return this.#term;
  }

  /** Runs looks at the store one after the other: an old answer must not overrule a newer one. */
  protected serially(look: () => Promise<void>): Promise<void> {
    const done = this.#last.then(look, look);
    this.#last = done;
    return done;
  }

  /** Begins a term and tells the listeners, unless it is over already. */
  protected begin(proof: Proof, options: Omit<TermOptions, "onEnd">): void {
    this.#term?.end("another term begins");
    const term: Term<Proof> = new Term(proof, { ...options, onEnd: () => this.#onEnd(term) });
    this.#term = term;
    if (term.holds()) this.#tell();
  }

  #onEnd(term: Term<Proof>): void {
    if (this.#term !== term) return;
    this.#term = undefined;
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
