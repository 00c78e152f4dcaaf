/**
 * The heartbeat of every role: a full pass at each event and at least once per interval, never two at once, bursts
 * coalesced, a failed pass tried again soon. The loop has no policy; what a pass does is the role's own.
 */
import { sleep } from "./clock.ts";

export interface PassLoopOptions {
  /** One idempotent pass. `reasons` says what asked for it. What it throws goes to `onError` and the pass is retried. */
  pass(reasons: readonly string[], signal: AbortSignal): Promise<void>;
  /** Asked before each wait, since the cluster spec may change it. */
  intervalMs(): number;
  /** Ends the loop. */
  readonly signal: AbortSignal;
  onError(error: unknown): void;
  /** Least time from the start of one pass to the start of the next. Default 100. */
  readonly minGapMs?: number;
  /** A failed pass is tried again after this long, or at the next poke. Default 1000. */
  readonly retryMs?: number;
}

interface Poke {
  readonly reason: string;
  readonly dueMs: number;
}

/** See {@link PassLoopOptions}. Start it with `run`, wake it with `poke`. */
export class PassLoop {
  readonly #options: PassLoopOptions;
  #pokes: Poke[] = [{ reason: "start", dueMs: 0 }];
  #wake: (() => void) | undefined;
  #lastStartMs = -Infinity;

  constructor(options: PassLoopOptions) {
    this.#options = options;
  }

  /** Asks for a pass, at once or after `delayMs`. Safe from anywhere, also from within a pass. */
  poke(reason: string, delayMs = 0): void {
    this.#pokes.push({ reason, dueMs: performance.now() + delayMs });
    this.#wake?.();
  }

  /** Runs passes until the signal is aborted; a pass that is under way then is waited for. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      await this.#waitUntilDue();
      if (signal.aborted) return;
      await this.#onePass();
    }
  }

  async #onePass(): Promise<void> {
    const { pass, onError, signal, retryMs = 1000, intervalMs } = this.#options;
    const startMs = performance.now();
    const reasons = this.#takeDue(startMs);
    this.#lastStartMs = startMs;
    let nextInMs: number;
    try {
      await pass(reasons, signal);
      nextInMs = intervalMs();
    } catch (error) {
      if (signal.aborted) return;
      onError(error);
      nextInMs = Math.min(retryMs, intervalMs());
    }
    this.#pokes = this.#pokes.filter((poke) => poke.reason !== "interval" && poke.reason !== "retry");
    const reason = nextInMs < intervalMs() ? "retry" : "interval";
    this.#pokes.push({ reason, dueMs: startMs + nextInMs });
  }

  #takeDue(nowMs: number): string[] {
    const due = this.#pokes.filter((poke) => poke.dueMs <= nowMs);
    this.#pokes = this.#pokes.filter((poke) => poke.dueMs > nowMs);
    return [...new Set(due.map((poke) => poke.reason))];
  }

  async #waitUntilDue(): Promise<void> {
    const { signal, minGapMs = 100 } = this.#options;
    while (!signal.aborted) {
      const firstDueMs = Math.min(...this.#pokes.map((poke) => poke.dueMs));
      const dueMs = Math.max(firstDueMs, this.#lastStartMs + minGapMs);
      const waitMs = dueMs - performance.now();
      if (waitMs <= 0) return;
      await this.#sleepUntilWoken(waitMs);
    }
  }

  async #sleepUntilWoken(waitMs: number): Promise<void> {
    const woken = new AbortController();
    const wake = () => woken.abort();
    this.#wake = wake;
    this.#options.signal.addEventListener("abort", wake, { once: true });
    if (this.#options.signal.aborted) wake();
    await sleep(waitMs, woken.signal);
    this.#options.signal.removeEventListener("abort", wake);
    this.#wake = undefined;
  }
}
