/** Keeps the last decisions in the store, after the document was written. Failing at that is a warning: nothing rests on it. */
import type { JsonObject } from "../cluster/json.ts";
import type { HistoryEntry } from "../cluster/history.ts";
import { describeError } from "../common/errors.ts";
import type { Logger } from "../common/log.ts";
import type { ClusterStore } from "../store/cluster_store.ts";
import { StoreMalformedError } from "../store/errors.ts";
import type { DecisionEvent } from "./events.ts";

/** Where the history is kept, and in whose name. */
export interface HistoryOptions {
  readonly store: ClusterStore;
  /** Of this sentinel. */
  readonly uid: string;
  readonly log: Logger;
}

const KEPT_IN_MEMORY = 400;

/** See above. One per sentinel; `forget` at each change of leadership, since another may have written. */
export class HistoryKeeper {
  readonly #options: HistoryOptions;
  #entries: readonly HistoryEntry[] | undefined;
  #unwritten = false;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** What is in the store may have been written by another sentinel: read it before the next addition. */
  forget(): void {
    this.#entries = undefined;
    this.#unwritten = false;
  }

  /** Adds decisions, at the time of their look. */
  async add(
    events: readonly DecisionEvent[],
    { time, signal }: { readonly time: string; readonly signal: AbortSignal },
  ): Promise<void> {
    if (events.length === 0 && !this.#unwritten) return;
    const { store, uid, log } = this.#options;
    try {
      this.#entries ??= await this.#read(signal);
      const added = events.map(({ rule, level, reason, facts }) => ({
        time,
        sentinel: uid,
        rule,
        level,
        reason,
        facts: facts as JsonObject,
      }));
      this.#entries = [...this.#entries, ...added].slice(-KEPT_IN_MEMORY);
      this.#unwritten = true;
      await store.writeHistory(this.#entries, { signal });
      this.#unwritten = false;
    } catch (error) {
      if (signal.aborted) return;
      log.warn("the decisions could not be added to the history", { error: describeError(error) });
    }
  }

  /** A history that can't be read is begun anew. */
  async #read(signal: AbortSignal): Promise<readonly HistoryEntry[]> {
    try {
      return await this.#options.store.readHistory({ signal });
    } catch (error) {
      if (!(error instanceof StoreMalformedError)) throw error;
      this.#options.log.warn("the history of decisions is begun anew", { error: describeError(error) });
      return [];
    }
  }
}
