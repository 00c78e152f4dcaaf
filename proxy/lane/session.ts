/** One client's connection through the proxy, from its acceptance to its end. */
import type { ConnectLimits } from "./connect_limits.ts";
import type { Target } from "../route.ts";
import type { Pace } from "./pace.ts";
import type { ByteCount } from "./byte_count.ts";
import { ForwardingEndedError, pump } from "./splice.ts";
import { TcpSocket, type TcpSocketOptions } from "./tcp_socket.ts";

export interface SessionOptions extends TcpSocketOptions {
  readonly target: Target;
  /** Asked right before every write. */
  readonly mayForward: () => boolean;
  readonly pace: Pace;
  readonly toServer: ByteCount;
  readonly toClient: ByteCount;
  /** Told before the client is closed: the primary could not be reached. */
  readonly onUnreachable: (error: Error) => void;
  /** Told once, with the milliseconds that the connect took. */
  readonly onConnected: (elapsedMs: number) => void;
  /** How long the primary may take to accept a connection. */
  readonly connectLimits: ConnectLimits;
}

/** See the module. `run` it once; `drop` ends it at any time, both sides at once. */
export class Session {
  readonly #options: SessionOptions;
  readonly #client: TcpSocket;
  #server: TcpSocket | undefined;
  #dropped = false;

  constructor(client: Deno.TcpConn, options: SessionOptions) {
    this.#options = options;
    this.#client = new TcpSocket(client, options);
  }

  /** Connects and moves bytes until both sides have ended, one has failed, or it was dropped. Both sockets are closed then. */
  async run(): Promise<void> {
    try {
      const server = await this.#connect();
      if (server === undefined) return;
      // The first read of each direction counts too.
      await this.#options.pace.turn();
      await this.#splice(this.#client, server);
      this.#client.end();
      server.end();
    } finally {
      this.drop();
    }
  }

  /** Nothing more is read or written after this call, and both sockets are reset. */
  drop(): void {
    this.#dropped = true;
    this.#server?.reset();
    this.#client.reset();
  }

  async #connect(): Promise<TcpSocket | undefined> {
    const { target, connectLimits } = this.#options;
    const startMs = performance.now();
    let conn: Deno.TcpConn;
    try {
      conn = await Deno.connect({ hostname: target.ip, port: target.port, signal: connectLimits.signal() });
    } catch (cause) {
      if (this.#dropped) return undefined;
      const what = `connecting to the primary at ${target.ip}:${target.port}`;
      this.#options.onUnreachable(new Error(what, { cause }));
      this.#client.end();
      return undefined;
    }
    const server = new TcpSocket(conn, this.#options);
    if (this.#dropped) {
      server.reset();
      return undefined;
    }
    this.#server = server;
    this.#options.onConnected(performance.now() - startMs);
    return server;
  }

  async #splice(client: TcpSocket, server: TcpSocket): Promise<void> {
    const { mayForward, pace, toServer, toClient } = this.#options;
    const both = [
      pump(client, server, { mayForward, pace, count: toServer }),
      pump(server, client, { mayForward, pace, count: toClient }),
    ];
    try {
      await Promise.all(both);
    } catch (error) {
      // One side's failure is the other's end. What that side was sent before is still its own: a last message of the
      // server's, mostly. (After a drop both are closed already.)
      this.#client.end();
      this.#server?.end();
      await Promise.allSettled(both);
      if (!isSocketEnd(error)) throw error;
    }
  }
}

/** The ways in which a peer, the network or a drop end a socket. Anything else is a mistake of ours. */
function isSocketEnd(error: unknown): boolean {
  return error instanceof ForwardingEndedError || error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.BadResource || error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.NotConnected || error instanceof Deno.errors.TimedOut ||
    error instanceof Deno.errors.UnexpectedEof || (error instanceof Error && /os error/.test(error.message));
}
