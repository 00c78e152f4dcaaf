import { timeLimit } from "../common/clock.ts";
import { StoreError, type StoreOperation, StoreUnreachableError } from "./errors.ts";
import type { CallOptions } from "./store.ts";

export interface CallLimits extends CallOptions {
  readonly timeoutMs: number;
}

/**
 * Runs one call so that it cannot hang, whatever `work` does with the signal it is given.
 * @throws {StoreUnreachableError} after `timeoutMs`
 * @throws the reason of the caller's signal, when that ends the call
 */
export async function boundedCall<T>(
  operation: StoreOperation,
  limits: CallLimits,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  limits.signal?.throwIfAborted();
  using limit = timeLimit(limits.timeoutMs, limits.signal);
  const { promise: cut, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(limit.signal.reason);
  limit.signal.addEventListener("abort", onAbort);
  try {
    const working = work(limit.signal);
    // The loser of the race may still fail; it has been answered for.
    working.catch(() => {});
    return await Promise.race([working, cut]);
  } catch (error) {
    limits.signal?.throwIfAborted();
    if (error instanceof StoreError) throw error;
    if (limit.signal.aborted) throw new StoreUnreachableError(operation, limitText(limits), { cause: error });
    throw error;
  } finally {
    limit.signal.removeEventListener("abort", onAbort);
  }
}

function limitText({ timeoutMs }: CallLimits): string {
  return `no answer within ${timeoutMs} ms (--store-timeout)`;
}

/**
 * Waits for work that is to end at close, at most `limitMs`. The work's failure is no one's concern any more: what it
 * could not give back ends with its lease.
 */
export async function atMost(limitMs: number, work: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limitMs);
  try {
    await Promise.race([work.catch(() => {}), late]);
  } finally {
    clearTimeout(timer);
  }
}
