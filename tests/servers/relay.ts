/** A stretch of network between a client and a server that the test can cut, slow down and mend. */
export class Relay implements AsyncDisposable {
  readonly port: number;
  /** Everything takes this much longer, in each direction. */
  delayMs = 0;
  readonly #listener: Deno.TcpListener;
  readonly #target: number;
  readonly #conns = new Set<Deno.TcpConn>();
  readonly #running = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;
  readonly #end = new AbortController();
  #isCut = false;

  /** Relays a free port of the loopback interface to another one. */
  constructor(targetPort: number) {
    this.#target = targetPort;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.#accepting = this.#accept();
  }

  /** Ends all connections, and every new one, until `mend`. */
  cut(): void {
    this.#isCut = true;
    for (const conn of this.#conns) close(conn);
    this.#conns.clear();
  }

  mend(): void {
    this.#isCut = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    this.cut();
    this.#listener.close();
    await this.#accepting;
    await Promise.all(this.#running);
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      const relayed = this.#relay(client);
      this.#running.add(relayed);
      relayed.finally(() => this.#running.delete(relayed));
    }
  }

  async #relay(client: Deno.TcpConn): Promise<void> {
    if (this.#isCut) return close(client);
    const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
    const both = [client, server];
    if (this.#isCut) return both.forEach(close);
    for (const conn of both) this.#conns.add(conn);
    await Promise.race([this.#pump(client, server), this.#pump(server, client)]);
    for (const conn of both) if (this.#conns.delete(conn)) close(conn);
  }

  async #pump(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (let bytes = await from.read(buffer); bytes !== null; bytes = await from.read(buffer)) {
        if (this.delayMs > 0) await this.#delay();
        for (let at = 0; at < bytes;) at += await to.write(buffer.subarray(at, bytes));
      }
    } catch (error) {
      // Sockets that end in whatever way are what a network is.
      if (!(error instanceof Error)) throw error;
    }
  }

  #delay(): Promise<void> {
    const { signal } = this.#end;
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, this.delayMs);
      signal.addEventListener("abort", done);
    });
  }
}

function close(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
