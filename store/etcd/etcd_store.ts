import type { ICompare, IKeyValue, IRequestOp } from "etcd3";
import { Buffer } from "node:buffer";
import { atMost } from "../calls.ts";
import { Endpoints, endpointUrls } from "../endpoints.ts";
import { StoreConflictError, type StoreOperation } from "../errors.ts";
import { joinKey, prefixEnd } from "../keys.ts";
import type { StoreOptions } from "../options.ts";
import { ServerCalls } from "../server_calls.ts";
import type { CallOptions, Election, Entry, PutOptions, Revision, Store, SwapOptions } from "../store.ts";
import { Term } from "../term.ts";
import { deadline, type EtcdCalls, EtcdClient } from "./etcd_client.ts";
import { etcdError, wasNotSent } from "./etcd_errors.ts";
import { EtcdCandidacy, type EtcdProof, firstCandidate } from "./etcd_election.ts";
import { EtcdLeases } from "./etcd_leases.ts";
import { watchPrefix } from "./watch.ts";

const CLOSE_LIMIT_MS = 900;
const DEFAULT_ENDPOINT = "http://127.0.0.1:2379";
const LEADER_PREFIX = "sentinel-leader/";

/** An etcd v3 cluster. */
export class EtcdStore implements Store {
  readonly description: string;
  readonly #root: string;
  readonly #timeoutMs: number;
  readonly #closed = new AbortController();
  readonly #endpoints: Endpoints<EtcdClient>;
  readonly #calls: EtcdCalls;
  readonly #leases: EtcdLeases;
  readonly #candidates = new Set<EtcdCandidacy>();

  constructor(options: StoreOptions) {
    const urls = endpointUrls(options.endpoints, DEFAULT_ENDPOINT);
    this.description = `etcdv3 ${urls.join(",")}`;
    this.#root = joinKey(options.prefix, options.clusterName) + "/";
    this.#timeoutMs = options.timeoutMs;
    this.#endpoints = new Endpoints(urls, (url) => new EtcdClient(url, options));
    this.#calls = new ServerCalls(this.#endpoints, {
      timeoutMs: options.timeoutMs,
      closed: this.#closed.signal,
      translate: etcdError,
      wasNotSent,
      backend: "etcdv3",
    });
    this.#leases = new EtcdLeases(this.#endpoints, this.#calls);
  }

  async get(key: string, options: CallOptions = {}): Promise<Entry | undefined> {
    const request = { key: Buffer.from(this.#root + key) };
    const found = await this.#calls.read(
      this.#operation(`get ${key}`),
      options,
      (client, limits) => client.kv.range(request, deadline(limits)),
    );
    const [kv] = found.kvs;
    return kv === undefined ? undefined : this.#entry(kv);
  }

  async list(prefix: string, options: CallOptions = {}): Promise<Entry[]> {
    return (await this.#range(`list ${prefix}`, prefix, options)).map((kv) => this.#entry(kv));
  }

  async put(key: string, value: string, options: PutOptions = {}): Promise<Revision> {
    const operation = this.#operation(`put ${key}`);
    const request = { key: Buffer.from(this.#root + key), value: Buffer.from(value) };
    if (options.ttlMs !== undefined) {
      return this.#leases.put(operation, request, { ...options, ttlMs: options.ttlMs });
    }
    this.#leases.forget(request.key);
    const done = await this.#calls.write(
      operation,
      options,
      (client, limits) => client.kv.put(request, deadline(limits)),
    );
    return done.header.revision;
  }

  async compareAndSwap(
    key: string,
    value: string,
    expected: Revision | undefined,
    options: SwapOptions = {},
  ): Promise<Revision> {
    const operation = this.#operation(`compare-and-swap ${key}`);
    const proof = proofOf(options, operation);
    const fullKey = Buffer.from(this.#root + key);
    const compare: ICompare[] = [
      { result: "Equal", target: "Mod", key: fullKey, mod_revision: expected ?? "0" },
    ];
    const look: IRequestOp[] = [{ request_range: { key: fullKey, keys_only: true } }];
    if (proof !== undefined) {
      const leaderKey = Buffer.from(proof.key);
      compare.push({
        result: "Equal",
        target: "Create",
        key: leaderKey,
        create_revision: proof.createRevision,
      });
      look.push({ request_range: { key: leaderKey, keys_only: true } });
    }
    const request = {
      compare,
      success: [{ request_put: { key: fullKey, value: Buffer.from(value) } }],
      failure: look,
    };
    const done = await this.#calls.write(
      operation,
      options,
      (client, limits) => client.kv.txn(request, deadline(limits)),
    );
    if (done.succeeded) return done.header.revision;
    const [found, leader] = done.responses.map((response) => response.response_range?.kvs[0]);
    if (proof !== undefined && leader?.create_revision !== proof.createRevision) {
      throw leadershipOver(operation);
    }
    const what = `expected revision ${expected ?? "none"}, found ${found?.mod_revision ?? "none"}`;
    throw new StoreConflictError(operation, what);
  }

  async delete(key: string, options: CallOptions = {}): Promise<void> {
    const request = { key: Buffer.from(this.#root + key) };
    const operation = this.#operation(`delete ${key}`);
    this.#leases.forget(request.key);
    await this.#calls.write(
      operation,
      options,
      (client, limits) => client.kv.deleteRange(request, deadline(limits)),
    );
  }

  watch(prefix: string, { signal }: { readonly signal: AbortSignal }): AsyncIterable<void> {
    const ended = AbortSignal.any([signal, this.#closed.signal]);
    return watchPrefix(this.#endpoints, this.#root + prefix, { signal: ended, timeoutMs: this.#timeoutMs });
  }

  campaign(candidateId: string): Election {
    const candidacy: EtcdCandidacy = new EtcdCandidacy(candidateId, {
      prefix: this.#root + LEADER_PREFIX,
      calls: this.#calls,
      leases: this.#leases,
      description: this.description,
      list: async (signal) => await this.#range("campaign", LEADER_PREFIX, { signal }),
      watch: (signal) => this.watch(LEADER_PREFIX, { signal }),
      onClosed: () => this.#candidates.delete(candidacy),
    });
    this.#candidates.add(candidacy);
    return candidacy;
  }

  async leader(options: CallOptions = {}): Promise<string | undefined> {
    return firstCandidate(await this.#range("find the leader", LEADER_PREFIX, options))?.value.toString();
  }

  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    const leaving = [...this.#candidates].map((candidate) => candidate.close());
    await atMost(CLOSE_LIMIT_MS, Promise.all([...leaving, this.#leases.revokeAll()]));
    this.#closed.abort();
    this.#leases.close();
    this.#endpoints.close();
  }

  async #range(attempted: string, prefix: string, options: CallOptions): Promise<IKeyValue[]> {
    const key = Buffer.from(this.#root + prefix);
    const request = { key, range_end: Buffer.from(prefixEnd(key)) };
    const found = await this.#calls.read(
      this.#operation(attempted),
      options,
      (client, limits) => client.kv.range(request, deadline(limits)),
    );
    return found.kvs;
  }

  #entry({ key, value, mod_revision }: IKeyValue): Entry {
    return { key: key.toString().slice(this.#root.length), value: value.toString(), revision: mod_revision };
  }

  #operation(attempted: string): StoreOperation {
    return { attempted, endpoint: this.description };
  }
}

/** Opens etcd; the first connection is made by the first call. */
export function openEtcdStore(options: StoreOptions): Store {
  return new EtcdStore(options);
}

function proofOf({ leadership }: SwapOptions, operation: StoreOperation): EtcdProof | undefined {
  if (leadership === undefined) return undefined;
  if (!(leadership instanceof Term)) throw new TypeError("the leadership is of another store");
  if (!leadership.holds()) throw leadershipOver(operation);
  return leadership.proof as EtcdProof;
}

function leadershipOver(operation: StoreOperation): StoreConflictError {
  return new StoreConflictError(operation, "the leadership under which it was to be written is over");
}
