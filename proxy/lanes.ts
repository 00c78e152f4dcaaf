/** All lanes of a proxy, which do everything at the same time: the threads in which bytes are moved, the main one included. */
import { sleep } from "../common/clock.ts";
import { describeError, FatalError } from "../common/errors.ts";
import type { LogDetails, Logger, LogLevel } from "../common/log.ts";
import type { Grant } from "./gate.ts";
import type { LaneCounters } from "./lane/counters.ts";
import type { LaneOrder } from "./lane/messages.ts";
import type { LaneControl } from "./lane_control.ts";
import { LaneThread } from "./lane_thread.ts";
import { LocalLane } from "./local_lane.ts";
import type { Refusal, Target } from "./route.ts";

/** Each further lane costs about 13 MB, and few machines have the connections for it. */
const MOST_LANES = 4;
const DRAIN_LOOK_MS = 20;

export interface LanesOptions {
  readonly hostname: string;
  readonly port: number;
  /** 0: the system's default. */
  readonly keepaliveIdleSeconds: number;
  readonly log: Logger;
  readonly onDeath: (error: FatalError) => void;
  /** Told by each lane whose right to forward has run out by its own clocks. */
  readonly onExpired: () => void;
  /** One for each processor, if not given. */
  readonly count?: number;
}

/** See the module. Closed, with no right to forward, at first. */
export class Lanes {
  readonly #options: LanesOptions;
  #lanes: readonly LaneControl[];
  #started: Promise<void> | undefined;
  #isOpen = false;
  #wasOpen = false;
  /** How often it was closed: a `close` in the middle of an `open` wins. */
  #timesClosed = 0;

  constructor(options: LanesOptions) {
    this.#options = options;
    const count = options.count ?? Math.min(navigator.hardwareConcurrency, MOST_LANES);
    const logOf = (lane: number) => count === 1 ? options.log : withDetails(options.log, { lane });
    this.#lanes = [
      new LocalLane({ ...options, log: logOf(1) }),
      ...Array.from(
        { length: count - 1 },
        (_, index) => new LaneThread({ ...options, log: logOf(index + 2) }),
      ),
    ];
  }

  get counters(): readonly LaneCounters[] {
    return this.#lanes.map(({ counters }) => counters);
  }

  /** That clients come to. */
  get port(): number {
    return this.#options.port;
  }

  /** Whether all of them listen. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Connections that are open or being opened. */
  get openConnections(): number {
    return this.#lanes.reduce((sum, { counters }) => sum + counters.get("open"), 0);
  }

  /** Leaves open what goes to `kept`. Resolves when everything else has been dropped. */
  async restrict(kept: Target | undefined, refusal: Refusal): Promise<void> {
    await this.#order(() => ({ kind: "restrict", kept, refusal }));
  }

  /** What a successful look allows. Resolves when every lane goes by it. */
  async grant({ target, refusal, deadline }: Grant): Promise<void> {
    await this.#order((lane) => ({ kind: "grant", target, refusal, deadline: lane.inItsTime(deadline) }));
  }

  /**
   * Listens, if it does not already. The lanes share the port among themselves, which a second proxy could do with them
   * unseen: so it is claimed for this process first.
   * @throws {FatalError} the first time, when the address is taken or is none of this machine's
   * @throws {Error} later: somebody may have taken the address meanwhile, and may give it back
   */
  async open(): Promise<void> {
    if (this.#isOpen) return;
    const timesClosed = this.#timesClosed;
    await this.#stopListening();
    const { hostname, port } = this.#claim();
    try {
      await this.#order(() => ({ kind: "listen", port }));
    } catch (cause) {
      await this.#stopListening();
      throw new Error(`listening for clients on ${hostname}:${port} in every lane`, { cause });
    }
    if (timesClosed !== this.#timesClosed) return await this.#stopListening();
    this.#options.log.info("listening for clients", { address: `${hostname}:${port}` });
    this.#isOpen = this.#wasOpen = true;
  }

  /** Listens no longer, so that load balancers see it; clients that were accepted are not touched. */
  async close(): Promise<void> {
    this.#timesClosed++;
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#options.log.info("no longer listening for clients");
    await this.#stopListening();
  }

  /** Waits until no connection is left, or the signal is aborted. */
  async drained(signal: AbortSignal): Promise<void> {
    while (this.openConnections > 0 && !signal.aborted) await sleep(DRAIN_LOOK_MS, signal);
  }

  /**
   * Drops everything and ends the threads.
   * @throws {Error} a thread has not said that it has dropped everything: it ends, but nobody knows when
   */
  async end(): Promise<void> {
    this.#isOpen = false;
    this.#timesClosed++;
    try {
      // One that has not started has nothing to drop, and is not waited for.
      await all(this.#lanes.filter(({ isAlive }) => isAlive), (lane) => lane.order({ kind: "end" }));
    } finally {
      for (const lane of this.#lanes) lane.terminate();
    }
    if (this.#lanes.some((lane) => lane.hasDied)) throw new Error("a forwarding thread has died");
  }

  #claim(): Deno.NetAddr {
    const { hostname, port } = this.#options;
    try {
      using claimed = Deno.listen({ hostname, port });
      return claimed.addr;
    } catch (cause) {
      const what = `cannot listen for clients on ${hostname}:${port}`;
      throw this.#wasOpen ? new Error(what, { cause }) : new FatalError(what, { cause });
    }
  }

  async #stopListening(): Promise<void> {
    await this.#order(() => ({ kind: "stop-listening" }));
  }

  /** A lane that can't start is left out: the main thread's own always can. */
  async #start(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#lanes.map((lane) => lane.start()));
    this.#lanes = this.#lanes.filter((lane, index) => {
      const outcome = outcomes[index];
      if (outcome?.status !== "rejected") return true;
      lane.terminate();
      this.#options.log.warn("going on without a forwarding thread", {
        error: describeError(outcome.reason),
      });
      return false;
    });
  }

  async #order(order: (lane: LaneControl) => LaneOrder): Promise<void> {
    this.#started ??= this.#start();
    await this.#started;
    await all(this.#lanes, (lane) => lane.order(order(lane)));
  }
}

function withDetails(log: Logger, own: LogDetails): Logger {
  const at = (level: LogLevel) => (message: string, details?: LogDetails) =>
    log[level](message, { ...details, ...own });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** Waits for all of them, also when one fails: whoever goes on afterwards knows that nothing is under way. */
async function all(
  lanes: readonly LaneControl[],
  act: (lane: LaneControl) => Promise<void>,
): Promise<void> {
  const outcomes = await Promise.allSettled(lanes.map(act));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}
