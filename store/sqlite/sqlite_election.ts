import type { Revision } from "../store.ts";
import { Candidacy, instant, Term } from "../term.ts";
import type { Entries } from "./entries.ts";

/** Where the leader's id is, relative to the cluster. */
export const LEADER_KEY = "sentinel-leader";
const TTL_MS = 10_000;
const VALID_MS = 8_000;
const RENEW_MS = 2_500;

/** The proof is the revision at which the leader's key was written; renewals do not change it. */
export const SqliteTerm = Term<Revision>;

export interface SqliteElectionOptions {
  /** Full key of the leader's id. */
  readonly key: string;
  /** Takes the candidate out of the store's polling, and the key away if it still has this revision. */
  readonly resign: (revision: Revision | undefined) => Promise<void>;
}

/** A candidate that looks at the leader's key whenever the store polls; all it does there is synchronous. */
export class SqliteCandidacy extends Candidacy<Revision> {
  readonly #id: string;
  readonly #options: SqliteElectionOptions;
  #renewedAtMs = 0;
  /** Of the last key that this candidate wrote: may be replaced by it even while it lasts. */
  #own: Revision | undefined;
  #closed = false;

  constructor(id: string, options: SqliteElectionOptions) {
    super();
    this.#id = id;
    this.#options = options;
  }

  /** Renews, acquires, or finds the term over. `due`: the file has changed or expiry is to be looked for. */
  look(entries: Entries, due: boolean): void {
    if (this.#closed) return;
    const term = this.term;
    if (term?.holds()) {
      const renew = performance.now() - this.#renewedAtMs >= RENEW_MS;
      if (renew) this.#renew(entries, term);
      else if (due && entries.get(this.#options.key)?.revision !== term.proof) {
        term.end("the leader's key is gone");
      }
    } else if (due) {
      this.#acquire(entries);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.term?.end("resigned");
    await this.#options.resign(this.#own);
  }

  #renew(entries: Entries, term: Term<Revision>): void {
    const sentAt = instant();
    const stands = entries.transaction(() => {
      if (entries.get(this.#options.key)?.revision !== term.proof) return false;
      entries.renew(this.#options.key, TTL_MS);
      return true;
    });
    if (!stands) return term.end("the leader's key is gone");
    this.#renewedAtMs = sentAt.monotonicMs;
    term.confirm(sentAt);
  }

  #acquire(entries: Entries): void {
    const free = (found: Revision | undefined) => found === undefined || found === this.#own;
    if (!free(entries.get(this.#options.key)?.revision)) return;
    const sentAt = instant();
    const revision = entries.transaction(() => {
      if (!free(entries.get(this.#options.key)?.revision)) return undefined;
      return entries.put(this.#options.key, this.#id, TTL_MS);
    });
    if (revision === undefined) return;
    this.#own = revision;
    this.#renewedAtMs = sentAt.monotonicMs;
    this.begin(revision, { validMs: VALID_MS, confirmedAt: sentAt });
  }
}
