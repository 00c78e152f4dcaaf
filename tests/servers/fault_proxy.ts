/** Which way bytes go. */
export type Direction = "toServer" | "toClient";

const DIRECTIONS: readonly Direction[] = ["toServer", "toClient"];
const CHUNK_BYTES = 16_384;

/** One connection of a client, carried on to the server. */
interface Pair {
  readonly client: Deno.TcpConn;
  readonly server: Deno.TcpConn;
}

/**
 * A TCP proxy between client and server that can delay, cut and swallow. Held bytes are not lost: a network that comes
 * back delivers them, and a connection whose bytes were lost is one that is cut.
 */
export class FaultProxy implements AsyncDisposable {
  readonly port: number;
  /** How many bytes clients have sent. */
  sentBytes = 0;
  readonly #target: Deno.ConnectOptions;
  readonly #pairs = new Set<Pair>();
  readonly #pumps = new Set<Promise<void>>();
  readonly #held = new Map<Direction, PromiseWithResolvers<void>>();
  #listener: Deno.TcpListener | undefined;
  #accepting: Promise<void> = Promise.resolve();
  #delayMs = 0;
  #breakNextReply = false;

  private constructor(target: Deno.ConnectOptions) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.#accept(this.#listener);
  }

  /** A proxy to the server behind this URL. */
  static to(endpoint: string): FaultProxy {
    const { hostname, port } = new URL(endpoint);
    return new FaultProxy({ hostname, port: Number(port) });
  }

  /** Every chunk takes this long each way. */
  delay(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  /** Connections stand, but nothing arrives in these directions until `heal`. */
  hold(...directions: readonly Direction[]): void {
    for (const direction of directions) {
      if (!this.#held.has(direction)) this.#held.set(direction, Promise.withResolvers<void>());
    }
  }

  /** Ends all connections at once. New ones are accepted. */
  cut(): void {
    for (const pair of this.#pairs) closePair(pair);
  }

  /** Ends all connections and accepts no new ones until `heal`. */
  refuse(): void {
    this.#listener?.close();
    this.#listener = undefined;
    this.cut();
  }

  /** Ends the next connection on which the server says something, in the middle of that. */
  breakNextReply(): void {
    this.#breakNextReply = true;
  }

  /** Takes all faults away. */
  heal(): void {
    this.#delayMs = 0;
    this.#breakNextReply = false;
    for (const { resolve } of this.#held.values()) resolve();
    this.#held.clear();
    if (this.#listener !== undefined) return;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: this.port });
    this.#accept(this.#listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener?.close();
    this.#listener = undefined;
    this.#delayMs = 0;
    this.cut();
    for (const { resolve } of this.#held.values()) resolve();
    await this.#accepting;
    await Promise.all(this.#pumps);
  }

  #accept(listener: Deno.TcpListener): void {
    const before = this.#accepting;
    this.#accepting = (async () => {
      await before;
      try {
        for await (const client of listener) this.#start(this.#carry(client));
      } catch (error) {
        if (this.#listener === listener) throw error;
      }
    })();
  }

  async #carry(client: Deno.TcpConn): Promise<void> {
    let server: Deno.TcpConn;
    try {
      server = await Deno.connect(this.#target);
    } catch {
      // The server is away: so is this connection.
      return client.close();
    }
    const pair = { client, server };
    this.#pairs.add(pair);
    await Promise.all(DIRECTIONS.map((direction) => this.#pump(pair, direction)));
    this.#pairs.delete(pair);
  }

  async #pump(pair: Pair, direction: Direction): Promise<void> {
    const [from, to] = direction === "toServer" ? [pair.client, pair.server] : [pair.server, pair.client];
    const buffer = new Uint8Array(CHUNK_BYTES);
    try {
      for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
        if (direction === "toServer") this.sentBytes += count;
        if (this.#delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.#delayMs));
        await this.#held.get(direction)?.promise;
        const breaks = direction === "toClient" && this.#breakNextReply;
        const chunk = buffer.subarray(0, breaks ? Math.ceil(count / 2) : count);
        for (let sent = 0; sent < chunk.length;) sent += await to.write(chunk.subarray(sent));
        if (!breaks) continue;
        this.#breakNextReply = false;
        break;
      }
    } catch {
      // Either side has gone: what a proxy is for.
    }
    closePair(pair);
  }

  #start(carrying: Promise<void>): void {
    this.#pumps.add(carrying);
    carrying.finally(() => this.#pumps.delete(carrying));
  }
}

function closePair({ client, server }: Pair): void {
  for (const connection of [client, server]) {
    try {
      connection.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }
}
