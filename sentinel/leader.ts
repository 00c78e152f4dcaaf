/**
 * What a sentinel does with a look while it leads: decide, write, tell, keep. It writes only over the revision that was
 * read, only while its term stands in the store, and only on a look that is not old.
 */
import type { ClusterData } from "../cluster/clusterdata.ts";
import type { Clock } from "../common/clock.ts";
import type { Logger } from "../common/log.ts";
import type { ClusterStore } from "../store/cluster_store.ts";
import { StoreConflictError } from "../store/errors.ts";
import type { Leadership, Revision } from "../store/store.ts";
import { decide } from "./decide.ts";
import type { Observation } from "./decision.ts";
import type { DecisionEvent } from "./events.ts";
import { HistoryKeeper } from "./history_keeper.ts";
import type { Memory } from "./memory.ts";
import { isWorthKeeping } from "./telling.ts";
import { nextWriteMs, writeReason } from "./write_rule.ts";

/** What one look found. */
export interface Look {
  readonly observation: Observation;
  readonly revision: Revision | undefined;
  /** What could not be read. */
  readonly complaints: readonly DecisionEvent[];
}

/** What a leader works with. */
export interface LeaderOptions {
  readonly uid: string;
  readonly store: ClusterStore;
  readonly clock: Clock;
  readonly newUid: () => string;
  readonly log: Logger;
  /** Keeps what a look has shown, whatever becomes of its decision. */
  readonly remember: (memory: Memory) => void;
  /** Logs what is news, and returns it. */
  readonly tell: (events: readonly DecisionEvent[]) => readonly DecisionEvent[];
}

/** A look that took longer was interrupted (a frozen process): what it found may be over. */
const MAX_LOOK_MS = 10_000;

interface Term {
  readonly leadership: Leadership;
  /** Monotonic time of the last write; undefined: none yet. */
  writtenMs: number | undefined;
}

/** A write whose outcome is not known. */
interface Unconfirmed {
  readonly changeTime: string;
  readonly events: readonly DecisionEvent[];
}

/** See above. One per process, for all of its terms. */
export class Leader {
  readonly #options: LeaderOptions;
  readonly #history: HistoryKeeper;
  #term: Term | undefined;
  #unconfirmed: Unconfirmed | undefined;

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#history = new HistoryKeeper(options);
  }

  /** Takes note of who leads: asked before each look. */
  hold(leadership: Leadership | undefined): void {
    if (leadership !== undefined && this.#term?.leadership === leadership) return;
    this.#term = leadership === undefined ? undefined : { leadership, writtenMs: undefined };
    this.#unconfirmed = undefined;
    this.#history.forget();
  }

  get leads(): boolean {
    return this.#term?.leadership.holds() ?? false;
  }

  /** Monotonic time at which the document has to be rewritten at the latest; undefined: nothing was written yet. */
  nextWriteMs(data: ClusterData): number | undefined {
    const writtenMs = this.#term?.writtenMs;
    return writtenMs === undefined ? undefined : writtenMs + nextWriteMs(data);
  }

  /**
   * Decides and writes. Returns whether to look again at once.
   * @throws {StoreError} when the outcome of the write is not known
   */
  async act(
    data: ClusterData,
    { look, signal }: { readonly look: Look; readonly signal: AbortSignal },
  ): Promise<boolean> {
    const { newUid, clock, log, remember } = this.#options;
    const { now } = look.observation;
    const decision = decide({ ...look.observation, clusterData: data, newUid });
    remember(decision.memory);
    if (clock.monotonicMs() - now.monotonicMs > MAX_LOOK_MS) {
      log.warn("a look took so long that nothing is decided on it: looking again");
      return true;
    }
    const term = this.#term;
    if (term === undefined || !term.leadership.holds()) return false;
    const events = [...this.#confirmedBy(data), ...look.complaints, ...decision.events];
    const question = { read: data, decided: decision.clusterData, writtenMs: term.writtenMs };
    const reason = writeReason({ ...question, nowMs: now.monotonicMs });
    if (reason !== undefined) {
      const stamped = { ...decision.clusterData, changeTime: now.wallTime };
      const written = await this.#write(stamped, { term, events, revision: look.revision, signal });
      if (!written) return true;
      log.debug("cluster data written", { reason });
    }
    const told = this.#options.tell(events);
    await this.#history.add(told.filter(isWorthKeeping), { time: now.wallTime, signal });
    return false;
  }

  /** False: there is another document, or another leader. */
  async #write(
    stamped: ClusterData,
    { term, events, revision, signal }: {
      readonly term: Term;
      readonly events: readonly DecisionEvent[];
      readonly revision: Revision | undefined;
      readonly signal: AbortSignal;
    },
  ): Promise<boolean> {
    const { store, clock, log } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#unconfirmed = { changeTime: stamped.changeTime, events };
    try {
      const { leadership } = term;
      const limit = AbortSignal.any([signal, leadership.ended]);
      await store.swapClusterData(stamped, revision, { signal: limit, leadership });
    } catch (error) {
      if (!(error instanceof StoreConflictError)) throw error;
      this.#unconfirmed = undefined;
      log.info("the cluster data were changed meanwhile, or the leadership is over: looking again");
      return false;
    }
    this.#unconfirmed = undefined;
    term.writtenMs = nowMs;
    return true;
  }

  /** A write whose outcome was not known did happen if its document is there: then its decisions are told now. */
  #confirmedBy(data: ClusterData): readonly DecisionEvent[] {
    const unconfirmed = this.#unconfirmed;
    this.#unconfirmed = undefined;
    if (unconfirmed?.changeTime !== data.changeTime) return [];
    return unconfirmed.events.filter((event) => event.kind !== "waiting");
  }
}
