import { sleep } from "../../common/clock.ts";
import { atMost, boundedCall } from "../calls.ts";
import { Complaints } from "../complaints.ts";
import { StoreConflictError, type StoreOperation, StoreUnreachableError } from "../errors.ts";
import { HintQueue } from "../hints.ts";
import { joinKey } from "../keys.ts";
import type { StoreOptions } from "../options.ts";
import type { CallOptions, Election, Entry, PutOptions, Revision, Store, SwapOptions } from "../store.ts";
import { inodeOf, isBusy, openDatabase, storeError } from "./database.ts";
import { Entries } from "./entries.ts";
import { filePath } from "./file_path.ts";
import { LEADER_KEY, SqliteCandidacy, SqliteTerm } from "./sqlite_election.ts";

const POLL_MS = 50;
/** Expiry changes no file: looked for at least this often. */
const EXPIRY_LOOK_MS = 500;
const CLOSE_LIMIT_MS = 900;

interface Watcher {
  readonly prefix: string;
  readonly queue: HintQueue;
  /** Undefined: not looked at since the (re)connection. */
  seen: string | undefined;
}

/** The embedded store: one file, for the processes of one machine. */
export class SqliteStore implements Store {
  readonly description: string;
  readonly #path: string;
  readonly #root: string;
  readonly #timeoutMs: number;
  readonly #closed = new AbortController();
  readonly #watchers = new Set<Watcher>();
  readonly #candidates = new Set<SqliteCandidacy>();
  /** Keys with a time to live that this client wrote last, as far as it knows: they go when it closes. */
  readonly #kept = new Map<string, Revision>();
  readonly #complaints = new Complaints("the candidacy for the sentinels' leader failed, trying again");
  #open: { readonly close: () => void; readonly inode: string; readonly entries: Entries } | undefined;
  #poller: ReturnType<typeof setInterval> | undefined;
  #seenVersion = -1;
  #lookedAt = 0;

  constructor(options: StoreOptions) {
    this.#path = filePath(options.endpoints[0] ?? "");
    this.description = `sqlite ${this.#path}`;
    this.#root = joinKey(options.prefix, options.clusterName) + "/";
    this.#timeoutMs = options.timeoutMs;
  }

  get(key: string, options: CallOptions = {}): Promise<Entry | undefined> {
    return this.#call(`get ${key}`, options, (entries) => {
      const entry = entries.get(this.#root + key);
      return entry === undefined ? undefined : { ...entry, key };
    });
  }

  list(prefix: string, options: CallOptions = {}): Promise<Entry[]> {
    return this.#call(`list ${prefix}`, options, (entries) => {
      const found = entries.list(this.#root + prefix);
      return found.map((entry) => ({ ...entry, key: entry.key.slice(this.#root.length) }));
    });
  }

  async put(key: string, value: string, options: PutOptions = {}): Promise<Revision> {
    const { ttlMs } = options;
    const revision = await this.#write(
      `put ${key}`,
      options,
      (entries) => entries.put(this.#root + key, value, ttlMs),
    );
    if (ttlMs === undefined) this.#kept.delete(key);
    else this.#kept.set(key, revision);
    return revision;
  }

  compareAndSwap(
    key: string,
    value: string,
    expected: Revision | undefined,
    options: SwapOptions = {},
  ): Promise<Revision> {
    const operation = this.#operation(`compare-and-swap ${key}`);
    return this.#write(operation.attempted, options, (entries) => {
      this.#checkLeadership(entries, operation, options);
      const found = entries.get(this.#root + key)?.revision;
      if (found !== expected) {
        const what = `expected revision ${expected ?? "none"}, found ${found ?? "none"}`;
        throw new StoreConflictError(operation, what);
      }
      return entries.put(this.#root + key, value, undefined);
    });
  }

  delete(key: string, options: CallOptions = {}): Promise<void> {
    return this.#write(`delete ${key}`, options, (entries) => entries.delete(this.#root + key));
  }

  async *watch(prefix: string, { signal }: { readonly signal: AbortSignal }): AsyncGenerator<void> {
    const ended = AbortSignal.any([signal, this.#closed.signal]);
    const watcher: Watcher = { prefix: this.#root + prefix, queue: new HintQueue(ended), seen: undefined };
    this.#watchers.add(watcher);
    this.#poke();
    try {
      yield* watcher.queue;
    } finally {
      this.#watchers.delete(watcher);
      this.#stopPollingIfIdle();
    }
  }

  campaign(candidateId: string): Election {
    const candidacy: SqliteCandidacy = new SqliteCandidacy(candidateId, {
      key: this.#root + LEADER_KEY,
      resign: async (revision) => {
        this.#candidates.delete(candidacy);
        this.#stopPollingIfIdle();
        if (revision !== undefined && !this.#closed.signal.aborted) await this.#resign(revision);
      },
    });
    this.#candidates.add(candidacy);
    this.#poke();
    return candidacy;
  }

  async leader(options: CallOptions = {}): Promise<string | undefined> {
    return (await this.get(LEADER_KEY, options))?.value;
  }

  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    const leaving = [...this.#candidates].map((candidate) => candidate.close());
    await atMost(CLOSE_LIMIT_MS, Promise.all([...leaving, this.#dropKept()]));
    this.#closed.abort();
    clearInterval(this.#poller);
    this.#poller = undefined;
    this.#open?.close();
    this.#open = undefined;
  }

  async #dropKept(): Promise<void> {
    if (this.#kept.size === 0) return;
    await this.#write("drop what expires", {}, (entries) => {
      for (const [key, revision] of this.#kept) this.#deleteIf(entries, key, revision);
    });
  }

  #deleteIf(entries: Entries, key: string, revision: Revision): void {
    if (entries.get(this.#root + key)?.revision === revision) entries.delete(this.#root + key);
  }

  async #resign(revision: Revision): Promise<void> {
    await this.#write("resign", {}, (entries) => this.#deleteIf(entries, LEADER_KEY, revision));
  }

  #checkLeadership(entries: Entries, operation: StoreOperation, { leadership }: SwapOptions): void {
    if (leadership === undefined) return;
    if (!(leadership instanceof SqliteTerm)) throw new TypeError("the leadership is of another store");
    const stands = leadership.holds() && entries.get(this.#root + LEADER_KEY)?.revision === leadership.proof;
    if (!stands) {
      throw new StoreConflictError(operation, "the leadership under which it was to be written is over");
    }
  }

  async #write<T>(attempted: string, options: CallOptions, body: (entries: Entries) => T): Promise<T> {
    const result = await this.#call(
      attempted,
      options,
      (entries) => entries.transaction(() => body(entries)),
    );
    // Own commits do not show in `data_version`.
    this.#seenVersion = -1;
    this.#poke();
    return result;
  }

  /** Tries until the file is not busy. Each try is synchronous, so that nothing of ours lies between its statements. */
  #call<T>(attempted: string, { signal }: CallOptions, body: (entries: Entries) => T): Promise<T> {
    const operation = this.#operation(attempted);
    return boundedCall(
      operation,
      { timeoutMs: this.#timeoutMs, ...(signal && { signal }) },
      async (ended) => {
        while (true) {
          ended.throwIfAborted();
          try {
            return body(this.#entries(operation));
          } catch (error) {
            if (!isBusy(error)) throw storeError(error, operation);
          }
          await sleep(5 + Math.random() * 20, ended);
        }
      },
    );
  }

  /** The open file; opened anew when another was put in its place: two files would be two truths. */
  #entries(operation: StoreOperation): Entries {
    if (this.#closed.signal.aborted) throw new StoreUnreachableError(operation, "the store has been closed");
    if (this.#open !== undefined && inodeOf(this.#path) !== this.#open.inode) {
      this.#open.close();
      this.#open = undefined;
      for (const watcher of this.#watchers) watcher.seen = undefined;
    }
    if (this.#open === undefined) {
      const { db, inode } = openDatabase(this.#path, operation);
      this.#open = { close: () => db.close(), inode, entries: new Entries(db) };
      this.#seenVersion = -1;
    }
    return this.#open.entries;
  }

  #operation(attempted: string): StoreOperation {
    return { attempted, endpoint: this.description };
  }

  /** Looks at once, and from now on every 50 ms as long as anybody wants to know. */
  #poke(): void {
    if (this.#watchers.size + this.#candidates.size === 0 || this.#closed.signal.aborted) return;
    this.#poller ??= setInterval(() => this.#poll(), POLL_MS);
    queueMicrotask(() => this.#poll());
  }

  #stopPollingIfIdle(): void {
    if (this.#watchers.size + this.#candidates.size > 0) return;
    clearInterval(this.#poller);
    this.#poller = undefined;
  }

  /**
   * A watch never fails: what goes wrong here (busy, file away, no room) shows in the calls that its readers make, and
   * the first look that works again counts as a reconnection.
   */
  #poll(): void {
    if (this.#poller === undefined) return;
    try {
      this.#look(this.#entries(this.#operation("watch")));
    } catch (error) {
      if (isBusy(error)) return;
      for (const watcher of this.#watchers) watcher.seen = undefined;
    }
  }

  #look(entries: Entries): void {
    const version = entries.dataVersion();
    const now = performance.now();
    const changed = version !== this.#seenVersion;
    const due = changed || now - this.#lookedAt >= EXPIRY_LOOK_MS;
    for (const watcher of this.#watchers) {
      if (!due && watcher.seen !== undefined) continue;
      const found = entries.fingerprint(watcher.prefix);
      if (found !== watcher.seen) watcher.queue.poke();
      watcher.seen = found;
    }
    for (const candidate of this.#candidates) this.#lookFor(candidate, entries, due);
    if (!due) return;
    this.#lookedAt = now;
    this.#seenVersion = version;
  }

  /** A candidate that cannot write (busy, no room) is no reason for watchers to look. */
  #lookFor(candidate: SqliteCandidacy, entries: Entries, due: boolean): void {
    try {
      candidate.look(entries, due);
    } catch (error) {
      if (!isBusy(error)) this.#complaints.tell(error);
    }
  }
}

/** Opens the embedded store; the file itself at the first call. */
export function openSqliteStore(options: StoreOptions): Store {
  return new SqliteStore(options);
}
