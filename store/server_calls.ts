import { timeLimit, TimeLimitError } from "../common/clock.ts";
import { boundedCall } from "./calls.ts";
import type { Endpoints, ServerClient } from "./endpoints.ts";
import { type StoreOperation, StoreUnreachableError } from "./errors.ts";
import type { CallOptions } from "./store.ts";

/** What one request to one server has to keep to. */
export interface RequestLimits {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

export type Request<Client, T> = (client: Client, limits: RequestLimits) => Promise<T>;

export interface ServerCallsOptions {
  /** Of a whole call. */
  readonly timeoutMs: number;
  /** The store's end. */
  readonly closed: AbortSignal;
  /** Puts an error of the client into the store's words. */
  readonly translate: (error: unknown, operation: StoreOperation) => Error;
  /** True when the request cannot have reached any server, so that it may be sent to another one. */
  readonly wasNotSent: (error: unknown) => boolean;
  /** Backend's name, to stand before the server's URL. */
  readonly backend: string;
}

interface Rules {
  readonly shareMs: number;
  readonly mayRepeat: (error: unknown) => boolean;
  readonly signal: AbortSignal;
}

/** Sends requests to the servers in turn until one has answered or the time is up. */
export class ServerCalls<Client extends ServerClient> {
  readonly #endpoints: Endpoints<Client>;
  readonly #options: ServerCallsOptions;

  constructor(endpoints: Endpoints<Client>, options: ServerCallsOptions) {
    this.#endpoints = endpoints;
    this.#options = options;
  }

  /** A request that may be repeated: each server gets its share of the time. */
  read<T>(operation: StoreOperation, options: CallOptions, request: Request<Client, T>): Promise<T> {
    const shareMs = this.#options.timeoutMs / this.#endpoints.count;
    const rules = { shareMs, mayRepeat: () => true };
    return this.bounded(
      operation,
      options,
      (signal) => this.#inTurn(operation, request, { ...rules, signal }),
    );
  }

  /** A request that is sent again only when it cannot have arrived. */
  write<T>(operation: StoreOperation, options: CallOptions, request: Request<Client, T>): Promise<T> {
    const rules = { shareMs: this.#options.timeoutMs, mayRepeat: this.#options.wasNotSent };
    return this.bounded(
      operation,
      options,
      (signal) => this.#inTurn(operation, request, { ...rules, signal }),
    );
  }

  /** Any work that ends when its signal does, within the limits of a call. */
  async bounded<T>(
    operation: StoreOperation,
    options: CallOptions,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { closed, timeoutMs, translate } = this.#options;
    if (closed.aborted) throw new StoreUnreachableError(operation, "the store has been closed");
    return await boundedCall(operation, { ...options, timeoutMs }, async (signal) => {
      try {
        return await work(signal);
      } catch (error) {
        throw signal.aborted ? error : translate(error, operation);
      }
    });
  }

  async #inTurn<T>(operation: StoreOperation, request: Request<Client, T>, rules: Rules): Promise<T> {
    const { backend, translate, closed } = this.#options;
    for (let left = this.#endpoints.count - 1;; left--) {
      rules.signal.throwIfAborted();
      const client = this.#endpoints.current();
      using limit = timeLimit(rules.shareMs, rules.signal);
      try {
        return await request(client, { signal: limit.signal, timeoutMs: rules.shareMs });
      } catch (error) {
        // The caller has lost interest: that says nothing of the server.
        const abandoned = rules.signal.aborted && !(rules.signal.reason instanceof TimeLimitError);
        if (closed.aborted || abandoned) throw error;
        const told = translate(error, { ...operation, endpoint: `${backend} ${client.endpoint}` });
        if (told instanceof StoreUnreachableError) this.#endpoints.failed(client);
        if (!(told instanceof StoreUnreachableError) || left <= 0 || !rules.mayRepeat(error)) throw told;
      }
    }
  }
}
