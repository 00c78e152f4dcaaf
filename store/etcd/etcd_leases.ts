import type { IPutRequest } from "etcd3";
import type { Buffer } from "node:buffer";
import type { StoreOperation } from "../errors.ts";
import type { PutOptions, Revision } from "../store.ts";
import type { Endpoints } from "../endpoints.ts";
import { deadline, type EtcdCalls, type EtcdClient } from "./etcd_client.ts";
import { LeaseGoneError } from "./etcd_errors.ts";
import { LeaseStream } from "./lease_stream.ts";

/** A key that expires, under a lease of its own. */
interface Kept {
  readonly leaseId: string;
  readonly ttlS: number;
  readonly value: string;
  readonly revision: Revision;
}

interface LeasedPut {
  readonly operation: StoreOperation;
  readonly request: IPutRequest & { readonly key: Buffer; readonly value: Buffer };
  readonly ttlS: number;
  readonly options: PutOptions;
}

/**
 * Leases: granted once, then renewed over one stream. A key's lease is renewed by each write of the key and by nothing
 * else, so a publisher that hangs disappears.
 */
export class EtcdLeases {
  readonly #calls: EtcdCalls;
  readonly #stream: LeaseStream;
  readonly #kept = new Map<string, Kept>();
  readonly #granted = new Set<string>();

  constructor(endpoints: Endpoints<EtcdClient>, calls: EtcdCalls) {
    this.#calls = calls;
    this.#stream = new LeaseStream(endpoints);
  }

  /** Writes the key so that it vanishes `ttlMs` after its last write. A lease that has gone is replaced at once. */
  async put(
    operation: StoreOperation,
    request: LeasedPut["request"],
    options: PutOptions & { readonly ttlMs: number },
  ): Promise<Revision> {
    const put = { operation, request, options, ttlS: Math.ceil(options.ttlMs / 1000) };
    const kept = this.#kept.get(request.key.toString());
    if (kept?.ttlS === put.ttlS) {
      try {
        return await this.#putAgain(put, kept);
      } catch (error) {
        if (!(error instanceof LeaseGoneError)) throw error;
        this.#granted.delete(kept.leaseId);
      }
    }
    const leaseId = await this.grant(operation, put.ttlS, options);
    const revision = await this.#write(put, leaseId);
    if (kept !== undefined && kept.ttlS !== put.ttlS) await this.revoke(kept.leaseId);
    return revision;
  }

  /** The key is no longer this process's to keep. */
  forget(key: Buffer): void {
    this.#kept.delete(key.toString());
  }

  /** A new lease's id, in decimal digits. */
  async grant(
    operation: StoreOperation,
    ttlS: number,
    options: { readonly signal?: AbortSignal },
  ): Promise<string> {
    const granted = await this.#calls.write(
      operation,
      options,
      (client, limits) => client.leaseClient.leaseGrant({ TTL: ttlS }, deadline(limits)),
    );
    this.#granted.add(granted.ID);
    return granted.ID;
  }

  /**
   * Renews a lease for its whole time to live.
   * @throws of class `LeaseGoneError` when the lease is gone
   */
  renew(
    operation: StoreOperation,
    leaseId: string,
    options: { readonly signal?: AbortSignal },
  ): Promise<void> {
    return this.#calls.bounded(operation, options, (signal) => this.#stream.renew(leaseId, signal));
  }

  /** Gives a lease back, and with it what was written under it. One that is gone is no error. */
  async revoke(leaseId: string): Promise<void> {
    this.#granted.delete(leaseId);
    const operation = { attempted: "revoke a lease", endpoint: "etcdv3" };
    try {
      await this.#calls.write(
        operation,
        {},
        (client, limits) => client.leaseClient.leaseRevoke({ ID: leaseId }, deadline(limits)),
      );
    } catch (error) {
      if (!(error instanceof LeaseGoneError)) throw error;
    }
  }

  /** Gives all leases back. */
  async revokeAll(): Promise<void> {
    await Promise.all([...this.#granted].map((leaseId) => this.revoke(leaseId)));
  }

  close(): void {
    this.#stream.close();
  }

  /** A value that has not changed is not written again: its lease is renewed, and the key looked for. */
  async #putAgain(put: LeasedPut, kept: Kept): Promise<Revision> {
    const { operation, request, options } = put;
    const renewed = this.renew(operation, kept.leaseId, options);
    const written = kept.value === request.value.toString()
      ? this.#standing(put, kept).then((revision) => revision ?? this.#write(put, kept.leaseId))
      : this.#write(put, kept.leaseId);
    const [revision] = await Promise.all([written, renewed]);
    return revision;
  }

  async #standing({ operation, request, options }: LeasedPut, kept: Kept): Promise<Revision | undefined> {
    const found = await this.#calls.read(
      operation,
      options,
      (client, limits) => client.kv.range({ key: request.key, keys_only: true }, deadline(limits)),
    );
    return found.kvs[0]?.mod_revision === kept.revision ? kept.revision : undefined;
  }

  async #write({ operation, request, options, ttlS }: LeasedPut, leaseId: string): Promise<Revision> {
    const done = await this.#calls.write(
      operation,
      options,
      (client, limits) => client.kv.put({ ...request, lease: leaseId }, deadline(limits)),
    );
    const revision = done.header.revision;
    this.#kept.set(request.key.toString(), { leaseId, ttlS, value: request.value.toString(), revision });
    return revision;
  }
}
