/** A lane in a thread of its own: orders go out, each is waited for, but not without end. */
import { FatalError } from "../common/errors.ts";
import type { Logger } from "../common/log.ts";
import { LaneCounters } from "./lane/counters.ts";
import type { LaneOrder, LaneReport, NumberedOrder } from "./lane/messages.ts";
import type { LaneControl } from "./lane_control.ts";
import type { Instant } from "./route.ts";

/** A lane that has not carried an order out by then is stuck; the look that gave it has failed and is tried again. */
const ORDER_LIMIT_MS = 2000;
/** So many orders in a row that were not carried out in time: the thread will not come back. */
const MOST_FAILURES = 5;
/** A thread loads its code first, which takes long on a machine that is busy with other starts. */
const START_LIMIT_MS = 60_000;

export interface LaneThreadOptions {
  readonly hostname: string;
  readonly keepaliveIdleSeconds: number;
  readonly log: Logger;
  /** Told when the thread has died of an error after it had started, and its clients with it. */
  readonly onDeath: (error: FatalError) => void;
  readonly onExpired: () => void;
  /** For tests; by default the lane's own. */
  readonly module?: URL;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** See the module. */
export class LaneThread implements LaneControl {
  readonly counters = new LaneCounters();
  readonly #options: LaneThreadOptions;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #hasStarted = false;
  #hasDied = false;
  #failuresInARow = 0;
  /** Why there is no thread any more. */
  #endedBy: Error | undefined;
  /**
   * This thread's monotonic clock less the lane's. Every report gives an upper bound, since it has travelled: the least is
   * kept, and a deadline that is converted with it comes too early rather than too late.
   */
  #clockAheadMs = Infinity;

  constructor(options: LaneThreadOptions) {
    this.#options = options;
    const module = options.module ?? new URL("./lane/worker.ts", import.meta.url);
    this.#worker = new Worker(module, { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<LaneReport>) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#died(event.message);
    };
  }

  async start(): Promise<void> {
    const { hostname, keepaliveIdleSeconds } = this.#options;
    const settings = { hostname, keepaliveIdleSeconds, counters: this.counters.memory };
    await this.#send({ kind: "start", settings }, START_LIMIT_MS);
    this.#hasStarted = true;
  }

  async order(order: LaneOrder): Promise<void> {
    await this.#send(order, ORDER_LIMIT_MS);
  }

  inItsTime(instant: Instant): Instant {
    return { monotonicMs: instant.monotonicMs - this.#clockAheadMs, wallMs: instant.wallMs };
  }

  terminate(): void {
    this.#worker.terminate();
    this.#rejectAll(new Error("the forwarding thread was ended"));
  }

  get isAlive(): boolean {
    return this.#hasStarted && this.#endedBy === undefined;
  }

  get hasDied(): boolean {
    return this.#hasDied;
  }

  #died(why: string): void {
    const error = new FatalError(`a forwarding thread died: ${why}`);
    this.#hasDied = this.#hasStarted;
    if (this.#hasStarted) this.#options.onDeath(error);
    this.#rejectAll(error);
  }

  #rejectAll(error: Error): void {
    this.#endedBy ??= error;
    for (const { timer, reject } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#waiting.clear();
  }

  async #send(order: NumberedOrder["order"], limitMs: number): Promise<void> {
    if (this.#endedBy !== undefined) throw this.#endedBy;
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#waiting.delete(id);
      if (++this.#failuresInARow >= MOST_FAILURES) this.#died("it carries out nothing any more");
      reject(new Error(`a forwarding thread has not carried out "${order.kind}" within ${limitMs} ms`));
    }, limitMs);
    this.#waiting.set(id, { resolve, reject, timer });
    this.#worker.postMessage({ id, order } satisfies NumberedOrder);
    await promise;
  }

  #receive(report: LaneReport): void {
    if (report.kind === "log") return this.#options.log[report.level](report.message, report.details);
    if (report.kind === "expired") return this.#options.onExpired();
    this.#failuresInARow = 0;
    this.#clockAheadMs = Math.min(this.#clockAheadMs, performance.now() - report.nowMs);
    const waiting = this.#waiting.get(report.id);
    if (waiting === undefined) return;
    this.#waiting.delete(report.id);
    clearTimeout(waiting.timer);
    if (report.error === undefined) waiting.resolve();
    else waiting.reject(new Error(report.error));
  }
}
