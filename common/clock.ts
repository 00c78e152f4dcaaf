/** Time as an argument: roles ask a {@link Clock}, tests hand in their own. */

export interface Clock {
  /** Milliseconds since some fixed instant, unaffected by changes of the wall clock. May stand still in a suspended machine. */
  monotonicMs(): number;
  /** Milliseconds since the Unix epoch. May jump. */
  wallMs(): number;
}

/** The machine's own clocks. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
};

/** The instant as RFC 3339 in UTC with milliseconds. */
export function rfc3339(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

/** The longest that a timer can be set to, nearly 25 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A duration for `setTimeout`, which fires at once when it is asked for more than it can count. */
export function timerMs(durationMs: number): number {
  return Math.min(durationMs, LONGEST_TIMER_MS);
}

/** Waits, nearly 25 days at most; comes back early, without an error, when the signal is aborted. Leaves no timer behind. */
export function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, timerMs(durationMs));
    signal?.addEventListener("abort", finish, { once: true });
  });
}

/** An abort signal that ends with its scope: `using limit = timeLimit(2000, parent)`. */
export interface TimeLimit extends Disposable {
  readonly signal: AbortSignal;
}

/** Thrown as the abort reason of a {@link timeLimit} that ran out. */
export class TimeLimitError extends Error {
  override readonly name = "TimeLimitError";
  constructor(readonly limitMs: number) {
    super(`no answer within ${limitMs} ms`);
  }
}

/** Aborts after `limitMs` (nearly 25 days at most), or with `parent` and its reason. Leaves neither timer nor listener behind. */
export function timeLimit(limitMs: number, parent?: AbortSignal): TimeLimit {
  const controller = new AbortController();
  const follow = () => controller.abort(parent?.reason);
  const timer = setTimeout(() => controller.abort(new TimeLimitError(limitMs)), timerMs(limitMs));
  if (parent?.aborted) follow();
  else parent?.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      parent?.removeEventListener("abort", follow);
    },
  };
}
