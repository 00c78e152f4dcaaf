import { boundedCall } from "../calls.ts";
import { StoreDeniedError, type StoreOperation, StoreUnreachableError } from "../errors.ts";
import type { CallOptions } from "../store.ts";
import type { Endpoints } from "./endpoints.ts";
import type { EtcdClient } from "./etcd_client.ts";
import { etcdError, wasNotSent } from "./etcd_errors.ts";

/** One request to one server, which has to be answered before `deadline` (milliseconds since the epoch). */
export type Request<T> = (client: EtcdClient, options: { readonly deadline: number }) => Promise<T>;

/** Sends requests to the servers in turn until one has answered or the time is up. */
export class EtcdCalls {
  readonly #endpoints: Endpoints;
  readonly #timeoutMs: number;
  readonly #closed: AbortSignal;

  constructor(endpoints: Endpoints, options: { readonly timeoutMs: number; readonly closed: AbortSignal }) {
    this.#endpoints = endpoints;
    this.#timeoutMs = options.timeoutMs;
    this.#closed = options.closed;
  }

  /** A request that may be repeated: each server gets its share of the time. */
  read<T>(operation: StoreOperation, options: CallOptions, request: Request<T>): Promise<T> {
    const shareMs = this.#timeoutMs / this.#endpoints.count;
    return this.#bounded(
      operation,
      options,
      () => this.#inTurn(operation, request, { shareMs, mayRepeat: () => true }),
    );
  }

  /** A request that is sent again only when it cannot have arrived. */
  write<T>(operation: StoreOperation, options: CallOptions, request: Request<T>): Promise<T> {
    const rules = { shareMs: this.#timeoutMs, mayRepeat: wasNotSent };
    return this.#bounded(operation, options, () => this.#inTurn(operation, request, rules));
  }

  /** A renewal over the lease stream, which has found its server by itself. `work` ends when the signal does. */
  renew<T>(
    operation: StoreOperation,
    options: CallOptions,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return this.#bounded(operation, options, async (signal) => {
      try {
        return await work(signal);
      } catch (error) {
        throw etcdError(error, operation);
      }
    });
  }

  async #bounded<T>(
    operation: StoreOperation,
    options: CallOptions,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (this.#closed.aborted) throw new StoreUnreachableError(operation, "the store has been closed");
    return await boundedCall(operation, { ...options, timeoutMs: this.#timeoutMs }, work);
  }

  async #inTurn<T>(
    operation: StoreOperation,
    request: Request<T>,
    rules: { readonly shareMs: number; readonly mayRepeat: (error: unknown) => boolean },
  ): Promise<T> {
    for (let left = this.#endpoints.count - 1;; left--) {
      const client = this.#endpoints.current();
      try {
        return await request(client, { deadline: Date.now() + rules.shareMs });
      } catch (error) {
        const told = etcdError(error, { ...operation, endpoint: `etcdv3 ${client.endpoint}` });
        if (this.#closed.aborted || told instanceof StoreDeniedError) throw told;
        this.#endpoints.failed(client);
        if (left <= 0 || !rules.mayRepeat(error)) throw told;
      }
    }
  }
}
