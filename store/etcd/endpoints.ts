import type { StoreOptions } from "../options.ts";
import { EtcdClient } from "./etcd_client.ts";

/**
 * The servers that may be asked. One is preferred until it fails; then the next one is, and what hangs on the failed one
 * (streams) is told to move.
 */
export class Endpoints {
  readonly #urls: readonly string[];
  readonly #options: StoreOptions;
  readonly #clients = new Map<string, EtcdClient>();
  #current: number;
  #moved = new AbortController();

  constructor(urls: readonly string[], options: StoreOptions) {
    this.#urls = urls;
    this.#options = options;
    // Clients begin at different servers, so that one does not carry them all.
    this.#current = Math.floor(Math.random() * urls.length);
  }

  get count(): number {
    return this.#urls.length;
  }

  /** The preferred server. */
  current(): EtcdClient {
    const url = this.#urls[this.#current % this.#urls.length] ?? "";
    let client = this.#clients.get(url);
    if (client === undefined) this.#clients.set(url, client = new EtcdClient(url, this.#options));
    return client;
  }

  /** Aborted when the server that is preferred now has failed. */
  get moved(): AbortSignal {
    return this.#moved.signal;
  }

  /** `client` did not serve: another one is preferred from now on, or the same one with new connections. */
  failed(client: EtcdClient): void {
    if (client !== this.current()) return;
    this.#clients.delete(client.endpoint);
    this.#current = (this.#current + 1) % this.#urls.length;
    const moved = this.#moved;
    this.#moved = new AbortController();
    moved.abort(new Error(`${client.endpoint} failed`));
    client.close();
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
    this.#moved.abort(new Error("closed"));
  }
}
