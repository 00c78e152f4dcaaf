/** A client of one server. */
export interface ServerClient {
  /** The server's URL. */
  readonly endpoint: string;
  /** Ends its connections; calls under way fail. */
  close(): void;
}

/**
 * The servers that may be asked. One is preferred until it fails; then the next one is, and what hangs on the failed one
 * (streams, long polls) is told to move.
 */
export class Endpoints<Client extends ServerClient> {
  readonly #urls: readonly string[];
  readonly #connect: (url: string) => Client;
  #current: number;
  #client: Client | undefined;
  #moved = new AbortController();
  #closed = false;

  /** @param urls of all servers, at least one */
  constructor(urls: readonly string[], connect: (url: string) => Client) {
    this.#urls = urls;
    this.#connect = connect;
    // Clients begin at different servers, so that one does not carry them all.
    this.#current = Math.floor(Math.random() * urls.length);
  }

  get count(): number {
    return this.#urls.length;
  }

  /**
   * The preferred server.
   * @throws {Error} after `close`
   */
  current(): Client {
    if (this.#closed) throw new Error("the store has been closed");
    return this.#client ??= this.#connect(this.#urls[this.#current] ?? "");
  }

  /** Aborted when the server that is preferred now has failed. */
  get moved(): AbortSignal {
    return this.#moved.signal;
  }

  /** `client` did not serve: another one is preferred from now on, or the same one with new connections. */
  failed(client: Client): void {
    if (client !== this.#client) return;
    this.#client = undefined;
    this.#current = (this.#current + 1) % this.#urls.length;
    const moved = this.#moved;
    this.#moved = new AbortController();
    moved.abort(new Error(`${client.endpoint} failed`));
    client.close();
  }

  close(): void {
    this.#closed = true;
    this.#client?.close();
    this.#moved.abort(new Error("the store has been closed"));
  }
}

/** URLs from what the operator wrote: without a scheme, `http` is meant. */
export function endpointUrls(endpoints: readonly string[], fallback: string): string[] {
  if (endpoints.length === 0) return [fallback];
  return endpoints.map((endpoint) => endpoint.includes("://") ? endpoint : `http://${endpoint}`);
}
