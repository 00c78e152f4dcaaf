/** Waiting on state, never on time: the deadline is only for the case that the state never comes. */

/** How long a test waits for a state; generous, because machines are slow and busy. */
export const DEADLINE_MS = 60_000;

export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

/** The state did not come in time. The message has the last value seen or the last error. */
export class WaitTimeoutError extends Error {
  override readonly name = "WaitTimeoutError";
}

/**
 * Calls `probe` until it gives something other than undefined or false, and returns that. An error of the probe counts
 * as "not yet" and is shown if the deadline passes.
 * @throws {WaitTimeoutError} when the deadline (60 s unless told) passes
 */
export async function waitUntil<T>(
  what: string,
  probe: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Exclude<T, undefined | false>> {
  const { timeoutMs = DEADLINE_MS, everyMs = 50 } = options;
  const start = performance.now();
  let last: unknown;
  while (true) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() - start > timeoutMs) {
      throw new WaitTimeoutError(`waited ${timeoutMs / 1000} s for: ${what}; last seen: ${show(last)}`, {
        cause: last,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

function show(value: unknown): string {
  return value instanceof Error ? `${value.name}: ${value.message}` : String(value);
}
