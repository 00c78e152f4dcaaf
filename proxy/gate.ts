/**
 * The right to forward, as it stands at this instant. Looks grant it until a deadline; whoever moves bytes asks
 * {@link Gate.mayForward} right before each write. The gate finds out by itself that the deadline has passed: at every
 * question and by a timer. Whatever takes the right away has dropped all connections before anything else runs, in a lane;
 * the proxy's own gate has none, and only knows what the lanes may do.
 */
import { instantOf } from "../common/instant.ts";
import type { Clock } from "../common/clock.ts";
import { type Instant, isPast, type Refusal, remainingMs, type Target } from "./route.ts";

/** The wall clock may jump while nothing moves: both clocks are read at least this often. */
const LONGEST_TIMER_MS = 1000;

/** What one successful look allows. */
export interface Grant {
  readonly target: Target | undefined;
  /** Why there is no target; undefined with one. */
  readonly refusal: Refusal | undefined;
  readonly deadline: Instant;
}

export interface GateOptions {
  readonly clock: Clock;
  /** Drops every connection, synchronously. */
  readonly drop: () => void;
  /** Called after the deadline has passed and everything was dropped. */
  readonly onExpired: () => void;
}

/** See the module. Closed at first. */
export class Gate implements Disposable {
  readonly #options: GateOptions;
  #target: Target | undefined;
  #refusal: Refusal = "no_good_look";
  #deadline: Instant | undefined;
  #hasEnded = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Whether a byte may be moved between a client and `target` now. After "no" the connection has been dropped. */
  mayForward(target: Target): boolean {
    if (this.#target !== target || this.#deadline === undefined) return false;
    // Asked for every few bytes that are moved: nothing is allocated here.
    const { clock } = this.#options;
    const { monotonicMs, wallMs } = this.#deadline;
    if (clock.monotonicMs() < monotonicMs && clock.wallMs() < wallMs) return true;
    this.#expire();
    return false;
  }

  /** Where a client that comes now is to be connected to, or why it can't be served. */
  admit(): Target | Refusal {
    this.check();
    return this.#target ?? this.#refusal;
  }

  /** The target, whether or not its deadline has passed meanwhile: the past that a look starts from. */
  get target(): Target | undefined {
    return this.#target;
  }

  /** Milliseconds until the right ends; undefined before the first good look and after the deadline. */
  remainingMs(): number | undefined {
    return this.#deadline === undefined ? undefined : remainingMs(this.#deadline, this.#now());
  }

  /** Leaves open what a look has not taken away. */
  restrict(kept: Target | undefined, refusal: Refusal): void {
    this.check();
    if (this.#target !== undefined && this.#target !== kept) this.#close(refusal);
  }

  /** The end of a successful look. Nothing is granted any more after the gate was disposed of. */
  grant({ target, refusal, deadline }: Grant): void {
    if (this.#hasEnded) return;
    // What was open until an earlier deadline does not survive it, whatever the new look says.
    this.check();
    if (this.#target !== target) this.#close(refusal ?? "no_master");
    this.#refusal = refusal ?? "no_good_look";
    this.#deadline = deadline;
    this.#target = target;
    this.check();
    this.#arm();
  }

  /** Ends the right now if its deadline has passed. */
  check(): void {
    if (this.#deadline !== undefined && this.#isPastDeadline()) this.#expire();
  }

  /** Ends the right for good, and drops everything. */
  [Symbol.dispose](): void {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#deadline = undefined;
    this.#close("no_good_look");
  }

  #expire(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#deadline = undefined;
    this.#close("deadline_passed");
    this.#options.onExpired();
  }

  #close(refusal: Refusal): void {
    this.#target = undefined;
    this.#refusal = refusal;
    this.#options.drop();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#deadline === undefined) return;
    const waitMs = Math.min(remainingMs(this.#deadline, this.#now()), LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => {
      this.check();
      this.#arm();
    }, Math.max(waitMs, 0));
  }

  #isPastDeadline(): boolean {
    return this.#deadline === undefined || isPast(this.#deadline, this.#now());
  }

  #now(): Instant {
    const { clock } = this.#options;
    return instantOf(clock);
  }
}
