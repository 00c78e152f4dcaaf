/**
 * Limits for connects that are being made. A signal and a timer for each connect cost more than the connect itself;
 * those that begin within the same moment share one.
 */

/** A connect is given up after this long, and at most {@link MOMENT_MS} later. */
export const CONNECT_TIMEOUT_MS = 5000;
const MOMENT_MS = 250;

/** See the module. */
export class ConnectLimits {
  readonly #open = new Set<
    { readonly controller: AbortController; readonly timer: ReturnType<typeof setTimeout> }
  >();
  #present: { readonly signal: AbortSignal; readonly untilMs: number } | undefined;

  constructor(readonly timeoutMs: number = CONNECT_TIMEOUT_MS) {}

  /** A signal that ends a connect that begins now when it has taken too long. */
  signal(): AbortSignal {
    const nowMs = performance.now();
    if (this.#present !== undefined && nowMs < this.#present.untilMs) return this.#present.signal;
    const controller = new AbortController();
    const timer = setTimeout(() => {
      this.#open.delete(limit);
      controller.abort(new Error(`no answer within ${this.timeoutMs} ms`));
    }, this.timeoutMs + MOMENT_MS);
    const limit = { controller, timer };
    this.#open.add(limit);
    this.#present = { signal: controller.signal, untilMs: nowMs + MOMENT_MS };
    return controller.signal;
  }

  /** Ends every connect that is being made. */
  abort(): void {
    for (const { controller, timer } of this.#open) {
      clearTimeout(timer);
      controller.abort(new Error("no longer wanted"));
    }
    this.#open.clear();
    this.#present = undefined;
  }
}
