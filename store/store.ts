/**
 * The one small interface that every backend implements and the contract suite proves. Keys are relative to the
 * cluster (`clusterdata`, `keepers/info/abc`); values are text. A backend holds no policy: retries belong to the
 * callers' loops.
 */

/** Opaque; equal only for the same write of the same key. (A write of the value that is there already may be none.) */
export type Revision = string & { readonly __revision?: never };

/** One key with what it held. */
export interface Entry {
  /** Relative to the cluster. */
  readonly key: string;
  /** Text, as it was written. */
  readonly value: string;
  /** What a swap of this value has to expect. */
  readonly revision: Revision;
}

/** Options of every call. Without a signal the call still ends by the store's own timeout. */
export interface CallOptions {
  /** Ends the call with its reason. What a write had come to by then is unknown. */
  readonly signal?: AbortSignal;
}

/** Options of {@link Store.put}. */
export interface PutOptions extends CallOptions {
  /** The key vanishes when it has not been written for this long. Backends may round up, never down. */
  readonly ttlMs?: number;
}

/** Options of {@link Store.compareAndSwap}. */
export interface SwapOptions extends CallOptions {
  /**
   * Write only if this leadership still stands in the store, checked in the same transaction.
   * @throws {StoreConflictError} when it does not
   */
  readonly leadership?: Leadership;
}

/** One cluster's keys in a store, whatever keeps them. */
export interface Store {
  /** Backend and endpoints without credentials, for messages. */
  readonly description: string;

  /** Linearizable read. Undefined: the key does not exist. */
  get(key: string, options?: CallOptions): Promise<Entry | undefined>;
  /** Linearizable read of all keys that begin with `prefix`, in key order. */
  list(prefix: string, options?: CallOptions): Promise<Entry[]>;
  /** Writes whatever was there. */
  put(key: string, value: string, options?: PutOptions): Promise<Revision>;
  /**
   * Writes only over the revision that was read; `undefined` means that the key must not exist.
   * @throws {StoreConflictError} when the key has another revision
   */
  compareAndSwap(
    key: string,
    value: string,
    expected: Revision | undefined,
    options?: SwapOptions,
  ): Promise<Revision>;
  /** Removes the key; one that does not exist is no error. */
  delete(key: string, options?: CallOptions): Promise<void>;

  /**
   * Hints that something below `prefix` (a key or the beginning of keys) has changed. Yields once at the start of every
   * (re)connection and after each change, bursts coalesced; never fails before `signal` ends it: it reconnects by
   * itself. A hint carries nothing; the reader looks for itself.
   */
  watch(prefix: string, options: { readonly signal: AbortSignal }): AsyncIterable<void>;

  /** Stands for election as `candidateId` until closed. Contests the key `sentinel-leader`. */
  campaign(candidateId: string): Election;
  /** The present leader's id, or undefined when nobody leads. */
  leader(options?: CallOptions): Promise<string | undefined>;

  /** Ends leases, watches and connections; bounded to 2 s, whatever the server does. */
  close(): Promise<void>;
}

/** One candidacy. It lasts through outages; leadership may come and go. */
export interface Election {
  /** The leadership that holds at this instant by our own clock too, or undefined. */
  current(): Leadership | undefined;
  /** Called at every gain and loss. Returns what takes the listener away. */
  onChange(listener: () => void): () => void;
  /** Resigns at once, so that another can lead, and ends the candidacy. Bounded to 2 s. */
  close(): Promise<void>;
}

/** One uninterrupted term. */
export interface Leadership {
  /** Aborted when the term ends: resigned, lost in the store, or not renewed in time by our own clock. */
  readonly ended: AbortSignal;
  /** True while the term stands by our own clocks: ask right before acting. */
  holds(): boolean;
}
