import type { StoreOperation } from "../errors.ts";
import type { CallOptions } from "../store.ts";
import type { ConsulCalls } from "./consul_client.ts";
import { refusal } from "./consul_errors.ts";
import { type ConsulKey, keyPath, readKeys, readTxn, txnBody, type TxnResult, type TxnStep } from "./kv.ts";

/** Reads and writes of full keys. */
export class ConsulKv {
  readonly #calls: ConsulCalls;

  constructor(calls: ConsulCalls) {
    this.#calls = calls;
  }

  async get(operation: StoreOperation, key: string, options: CallOptions): Promise<ConsulKey | undefined> {
    const found = await this.#read(operation, { path: keyPath(key), query: { consistent: "" } }, options);
    return found[0];
  }

  /** All keys that begin with `prefix`, sorted. */
  async list(operation: StoreOperation, prefix: string, options: CallOptions): Promise<ConsulKey[]> {
    const query = { consistent: "", recurse: "" };
    const found = await this.#read(operation, { path: keyPath(prefix), query }, options);
    // Older versions answer "nothing" to a token that may not see anything; for a single key they say so.
    if (found.length === 0) await this.get(operation, prefix, options);
    return found;
  }

  /** All steps or none. */
  txn(operation: StoreOperation, steps: readonly TxnStep[], options: CallOptions): Promise<TxnResult> {
    const body = txnBody(steps);
    return this.#calls.write(operation, options, async (client, { signal }) => {
      return readTxn(await client.send({ method: "PUT", path: "txn", body, signal }), operation);
    });
  }

  /** Removes the key, whoever holds it. */
  delete(operation: StoreOperation, key: string, options: CallOptions): Promise<void> {
    return this.#calls.write(operation, options, async (client, { signal }) => {
      const response = await client.send({ method: "DELETE", path: keyPath(key), signal });
      if (response.status !== 200) throw refusal(response, operation);
    });
  }

  #read(
    operation: StoreOperation,
    request: { readonly path: string; readonly query: Readonly<Record<string, string>> },
    options: CallOptions,
  ): Promise<ConsulKey[]> {
    return this.#calls.read(operation, options, async (client, { signal }) => {
      return readKeys(await client.send({ method: "GET", ...request, signal }), operation);
    });
  }
}
