/**
 * A pending hint, or none: what a watch hands to its reader. Any number of pokes before the reader looks are one hint,
 * and the iteration ends when the signal does.
 */
export class HintQueue implements AsyncIterable<void> {
  readonly #signal: AbortSignal;
  #pending = false;
  #wake: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Something may have changed. */
  poke(): void {
    this.#pending = true;
    this.#wake?.();
  }

  /** One hint for all pokes since the last. A queue has one reader. */
  async *[Symbol.asyncIterator](): AsyncIterator<void> {
    const wake = () => this.#wake?.();
    this.#signal.addEventListener("abort", wake);
    try {
      while (!this.#signal.aborted) {
        if (this.#pending) {
          this.#pending = false;
          yield;
          continue;
        }
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wake = resolve;
        await promise;
        this.#wake = undefined;
      }
    } finally {
      this.#signal.removeEventListener("abort", wake);
    }
  }
}

/**
 * Several watches as one. `start` makes them under the signal that it is given, which ends with `signal` or when the
 * reader stops.
 */
export async function* mergeHints(
  start: (signal: AbortSignal) => readonly AsyncIterable<void>[],
  signal: AbortSignal,
): AsyncGenerator<void> {
  const stopped = new AbortController();
  const inner = AbortSignal.any([signal, stopped.signal]);
  const queue = new HintQueue(inner);
  const forward = async (source: AsyncIterable<void>) => {
    for await (const _ of source) queue.poke();
  };
  const forwarding = start(inner).map((source) => forward(source));
  // The whole ends when its sources do, and when one of them fails: a watch that is silently dead would be worse.
  const ended = Promise.all(forwarding).finally(() => stopped.abort());
  ended.catch(() => {});
  try {
    yield* queue;
  } finally {
    stopped.abort();
    await ended;
  }
}
