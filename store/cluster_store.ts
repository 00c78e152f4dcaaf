/**
 * The store as the roles see it: documents and infos instead of keys and text. Every value that cannot be read is told
 * apart from one that is not there, so that nobody acts on doubt.
 */
import type { ClusterData } from "../cluster/clusterdata.ts";
import {
  decodeClusterData,
  decodeKeeperInfo,
  decodeProxyInfo,
  decodeSentinelInfo,
  encodeClusterData,
  encodeKeeperInfo,
  encodeProxyInfo,
  encodeSentinelInfo,
} from "../cluster/codec.ts";
import { decodeHistory, encodeHistory, type HistoryEntry } from "../cluster/history.ts";
import type { KeeperInfo, ProxyInfo, SentinelInfo } from "../cluster/infos.ts";
import { StoreMalformedError } from "./errors.ts";
import { mergeHints } from "./hints.ts";
import type { CallOptions, Election, Entry, Revision, Store, SwapOptions } from "./store.ts";

/** Which kind of component an info is of. */
export type InfoKind = "keeper" | "proxy" | "sentinel";

const CLUSTER_DATA_KEY = "clusterdata";
const HISTORY_KEY = "history";
const INFO_PREFIX: Readonly<Record<InfoKind, string>> = {
  keeper: "keepers/info/",
  proxy: "proxies/info/",
  sentinel: "sentinels/info/",
};

/** What the key `clusterdata` held. */
export interface ClusterDataRead {
  /** Null: there is no document (no key, or the four bytes `null`). */
  readonly data: ClusterData | null;
  /** What a swap has to expect. Undefined: the key does not exist. */
  readonly revision: Revision | undefined;
}

/** An info that is there but cannot be read. */
export interface MalformedInfo {
  /** Relative to the cluster. */
  readonly key: string;
  /** Says what is wrong with it. */
  readonly error: Error;
}

/** All infos of one kind, in key order. */
export interface InfoList<T> {
  /** Those that could be read. */
  readonly infos: readonly T[];
  /** Those that could not. */
  readonly malformed: readonly MalformedInfo[];
}

/** Options of publishing an info. */
export interface PublishOptions extends CallOptions {
  /** The info vanishes when it has not been published again for this long. */
  readonly ttlMs: number;
}

/** Options of a watch. */
export interface WatchOptions {
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/** One cluster's documents in one store. It owns the store that it was given: `close` closes both. */
export class ClusterStore {
  readonly #store: Store;

  /** Takes the store over. */
  constructor(store: Store) {
    this.#store = store;
  }

  /** Backend and endpoints without credentials, for messages. */
  get description(): string {
    return this.#store.description;
  }

  /**
   * Reads the document, linearizably.
   * @throws {StoreMalformedError} when it is none that this program can read (the cause says where)
   */
  async readClusterData(options?: CallOptions): Promise<ClusterDataRead> {
    const entry = await this.#store.get(CLUSTER_DATA_KEY, options);
    if (entry === undefined) return { data: null, revision: undefined };
    return { data: this.#decode(entry, decodeClusterData), revision: entry.revision };
  }

  /** The document as it is stored, for an operator who wants to see even a broken one. */
  readClusterDataText(options?: CallOptions): Promise<Entry | undefined> {
    return this.#store.get(CLUSTER_DATA_KEY, options);
  }

  /**
   * Writes the document over the revision that was read; `undefined`: only if there is none.
   * @throws {StoreConflictError} when another was written since, or `leadership` is over
   */
  swapClusterData(
    data: ClusterData,
    expected: Revision | undefined,
    options?: SwapOptions,
  ): Promise<Revision> {
    return this.#store.compareAndSwap(CLUSTER_DATA_KEY, encodeClusterData(data), expected, options);
  }

  /** Writes the document over whatever was there: for `init` and `clusterdata write` alone. */
  writeClusterData(data: ClusterData, options?: CallOptions): Promise<Revision> {
    return this.#store.put(CLUSTER_DATA_KEY, encodeClusterData(data), options);
  }

  /**
   * What sentinels decided, oldest first; empty when nothing was kept.
   * @throws {StoreMalformedError} when the key holds something else
   */
  async readHistory(options?: CallOptions): Promise<readonly HistoryEntry[]> {
    const entry = await this.#store.get(HISTORY_KEY, options);
    return entry === undefined ? [] : this.#decode(entry, decodeHistory);
  }

  /** Writes the decisions over those that were there, as many of the newest as may be kept. */
  async writeHistory(entries: readonly HistoryEntry[], options?: CallOptions): Promise<void> {
    await this.#store.put(HISTORY_KEY, encodeHistory(entries), options);
  }

  /** Publishes what a keeper knows of itself. */
  async publishKeeperInfo(info: KeeperInfo, options: PublishOptions): Promise<void> {
    await this.#store.put(INFO_PREFIX.keeper + info.uid, encodeKeeperInfo(info), options);
  }

  /** Publishes the generation that a proxy has confirmed. */
  async publishProxyInfo(info: ProxyInfo, options: PublishOptions): Promise<void> {
    await this.#store.put(INFO_PREFIX.proxy + info.UID, encodeProxyInfo(info), options);
  }

  /** Publishes that a sentinel lives. */
  async publishSentinelInfo(info: SentinelInfo, options: PublishOptions): Promise<void> {
    await this.#store.put(INFO_PREFIX.sentinel + info.UID, encodeSentinelInfo(info), options);
  }

  /** All live keepers' infos, linearizably. */
  listKeeperInfos(options?: CallOptions): Promise<InfoList<KeeperInfo>> {
    return this.#list("keeper", decodeKeeperInfo, options);
  }

  /** All live proxies' infos, linearizably. */
  listProxyInfos(options?: CallOptions): Promise<InfoList<ProxyInfo>> {
    return this.#list("proxy", decodeProxyInfo, options);
  }

  /** All live sentinels' infos, linearizably. */
  listSentinelInfos(options?: CallOptions): Promise<InfoList<SentinelInfo>> {
    return this.#list("sentinel", decodeSentinelInfo, options);
  }

  /** Takes an info away at once, as a component does that ends cleanly. */
  removeInfo(kind: InfoKind, uid: string, options?: CallOptions): Promise<void> {
    return this.#store.delete(INFO_PREFIX[kind] + uid, options);
  }

  /** Hints that the document may have changed: once at each (re)connection and after each change. */
  watchClusterData(options: WatchOptions): AsyncIterable<void> {
    return this.#store.watch(CLUSTER_DATA_KEY, options);
  }

  /** Hints that a keeper's or a proxy's info may have changed. Sentinels' infos decide nothing and are not watched. */
  watchInfos({ signal }: WatchOptions): AsyncIterable<void> {
    const kinds: readonly InfoKind[] = ["keeper", "proxy"];
    return mergeHints(
      (inner) => kinds.map((kind) => this.#store.watch(INFO_PREFIX[kind], { signal: inner })),
      signal,
    );
  }

  /** Stands for the sentinels' election as `uid`. */
  campaign(uid: string): Election {
    return this.#store.campaign(uid);
  }

  /** UID of the leading sentinel; undefined when nobody leads. */
  leader(options?: CallOptions): Promise<string | undefined> {
    return this.#store.leader(options);
  }

  /** Ends leases, watches and connections; bounded to 2 s. */
  close(): Promise<void> {
    return this.#store.close();
  }

  async #list<T>(kind: InfoKind, decode: (text: string) => T, options?: CallOptions): Promise<InfoList<T>> {
    const infos: T[] = [];
    const malformed: MalformedInfo[] = [];
    for (const entry of await this.#store.list(INFO_PREFIX[kind], options)) {
      try {
        infos.push(this.#decode(entry, decode));
      } catch (error) {
        if (!(error instanceof StoreMalformedError)) throw error;
        malformed.push({ key: entry.key, error });
      }
    }
    return { infos, malformed };
  }

  #decode<T>(entry: Entry, decode: (text: string) => T): T {
    try {
      return decode(entry.value);
    } catch (cause) {
      const operation = { attempted: `reading ${entry.key}`, endpoint: this.#store.description };
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new StoreMalformedError(operation, reason, { cause });
    }
  }
}
