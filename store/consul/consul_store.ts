import { atMost } from "../calls.ts";
import { Endpoints, endpointUrls } from "../endpoints.ts";
import { StoreConflictError, type StoreOperation } from "../errors.ts";
import { joinKey } from "../keys.ts";
import type { StoreOptions } from "../options.ts";
import { ServerCalls } from "../server_calls.ts";
import type { CallOptions, Election, Entry, PutOptions, Revision, Store, SwapOptions } from "../store.ts";
import { Term } from "../term.ts";
import { ConsulClient } from "./consul_client.ts";
import { consulError, wasNotSent } from "./consul_errors.ts";
import { ConsulCandidacy, type ConsulProof } from "./consul_election.ts";
import { ConsulKv } from "./consul_kv.ts";
import type { ConsulKey, TxnStep } from "./kv.ts";
import { KeptKeys } from "./kept_keys.ts";
import { watchPrefix } from "./watch.ts";

const CLOSE_LIMIT_MS = 900;
const DEFAULT_ENDPOINT = "http://127.0.0.1:8500";
const LEADER_KEY = "sentinel-leader";

/** A Consul agent, or several of one datacenter. */
export class ConsulStore implements Store {
  readonly description: string;
  readonly #root: string;
  readonly #timeoutMs: number;
  readonly #closed = new AbortController();
  readonly #endpoints: Endpoints<ConsulClient>;
  readonly #kv: ConsulKv;
  readonly #kept: KeptKeys;
  readonly #candidates = new Set<ConsulCandidacy>();

  constructor(options: StoreOptions) {
    const urls = endpointUrls(options.endpoints, DEFAULT_ENDPOINT);
    this.description = `consul ${urls.join(",")}`;
    // Consul has no key that begins with a slash.
    this.#root = joinKey(options.prefix, options.clusterName).replace(/^\//, "") + "/";
    this.#timeoutMs = options.timeoutMs;
    this.#endpoints = new Endpoints(urls, (url) => new ConsulClient(url, options));
    const calls = new ServerCalls(this.#endpoints, {
      timeoutMs: options.timeoutMs,
      closed: this.#closed.signal,
      translate: consulError,
      wasNotSent,
      backend: "consul",
    });
    this.#kv = new ConsulKv(calls);
    this.#kept = new KeptKeys(calls, this.#kv);
  }

  async get(key: string, options: CallOptions = {}): Promise<Entry | undefined> {
    const found = await this.#kv.get(this.#operation(`get ${key}`), this.#root + key, options);
    return found === undefined ? undefined : this.#entry(found);
  }

  async list(prefix: string, options: CallOptions = {}): Promise<Entry[]> {
    const found = await this.#kv.list(this.#operation(`list ${prefix}`), this.#root + prefix, options);
    return found.map((key) => this.#entry(key));
  }

  async put(key: string, value: string, options: PutOptions = {}): Promise<Revision> {
    const operation = this.#operation(`put ${key}`);
    const entry = { key: this.#root + key, value };
    if (options.ttlMs === undefined) return await this.#kept.putForGood(operation, entry, options);
    return await this.#kept.put(operation, entry, { ...options, ttlMs: options.ttlMs });
  }

  async compareAndSwap(
    key: string,
    value: string,
    expected: Revision | undefined,
    options: SwapOptions = {},
  ): Promise<Revision> {
    const operation = this.#operation(`compare-and-swap ${key}`);
    const proof = proofOf(options, operation);
    const swap: TxnStep = { verb: "cas", key: this.#root + key, value, index: expected ?? "0" };
    const guard: TxnStep[] = proof === undefined ? [] : [{ verb: "check-session", ...proof }];
    const done = await this.#kv.txn(operation, [...guard, swap], options);
    if ("index" in done) return done.index;
    const what = `expected revision ${expected ?? "none"}${proof === undefined ? "" : " and the leadership"}`;
    throw new StoreConflictError(operation, `${what}; Consul says: ${done.refused}`);
  }

  delete(key: string, options: CallOptions = {}): Promise<void> {
    return this.#kv.delete(this.#operation(`delete ${key}`), this.#root + key, options);
  }

  watch(prefix: string, { signal }: { readonly signal: AbortSignal }): AsyncIterable<void> {
    const ended = AbortSignal.any([signal, this.#closed.signal]);
    const operation = this.#operation(`watch ${prefix}`);
    return watchPrefix(this.#endpoints, this.#root + prefix, {
      signal: ended,
      timeoutMs: this.#timeoutMs,
      operation,
    });
  }

  campaign(candidateId: string): Election {
    const candidacy: ConsulCandidacy = new ConsulCandidacy(candidateId, {
      key: this.#root + LEADER_KEY,
      description: this.description,
      kv: this.#kv,
      sessions: this.#kept.sessions,
      watch: (signal) => this.watch(LEADER_KEY, { signal }),
      onClosed: () => this.#candidates.delete(candidacy),
    });
    this.#candidates.add(candidacy);
    return candidacy;
  }

  async leader(options: CallOptions = {}): Promise<string | undefined> {
    const found = await this.#kv.get(this.#operation("find the leader"), this.#root + LEADER_KEY, options);
    return found === undefined || found.session === "" ? undefined : found.value;
  }

  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    const leaving = [...this.#candidates].map((candidate) => candidate.close());
    await atMost(
      CLOSE_LIMIT_MS,
      Promise.all([...leaving, this.#kept.dropAll(this.#operation("drop what expires"))]),
    );
    this.#closed.abort();
    this.#endpoints.close();
  }

  #entry({ key, value, modifyIndex }: ConsulKey): Entry {
    return { key: key.slice(this.#root.length), value, revision: modifyIndex };
  }

  #operation(attempted: string): StoreOperation {
    return { attempted, endpoint: this.description };
  }
}

/** Opens Consul; the first connection is made by the first call. */
export function openConsulStore(options: StoreOptions): Store {
  return new ConsulStore(options);
}

function proofOf({ leadership }: SwapOptions, operation: StoreOperation): ConsulProof | undefined {
  if (leadership === undefined) return undefined;
  if (!(leadership instanceof Term)) throw new TypeError("the leadership is of another store");
  if (leadership.holds()) return leadership.proof as ConsulProof;
  throw new StoreConflictError(operation, "the leadership under which it was to be written is over");
}
