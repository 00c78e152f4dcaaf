/** A lane's own socket on the port that all lanes share: the system spreads clients over them. */
import { sleep } from "../../common/clock.ts";
import { describeError } from "../../common/errors.ts";
import type { Logger } from "../../common/log.ts";
import type { Pace } from "./pace.ts";

/** After an accept that failed (too many open files, mostly) the next one waits this long. */
const ACCEPT_RETRY_MS = 100;

export interface ListenerOptions {
  readonly hostname: string;
  readonly onConnection: (client: Deno.TcpConn) => void;
  readonly pace: Pace;
  readonly log: Logger;
}

/** See the module. Closed at first; it can be opened again. */
export class Listener {
  readonly #options: ListenerOptions;
  #socket: Deno.TcpListener | undefined;
  #accepting: Promise<void> = Promise.resolve();

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /**
   * Listens, if it does not already.
   * @throws {Error} when the address is taken or is none of this machine's
   */
  async open(port: number): Promise<void> {
    if (this.#socket !== undefined) return;
    // A socket just closed holds the address until the accept that waited on it has come back.
    await this.#accepting;
    this.#socket = Deno.listen({ hostname: this.#options.hostname, port, reusePort: true });
    this.#accepting = this.#accept(this.#socket);
  }

  /** Listens no longer; clients that were accepted are not touched. Resolves when nothing is left of it. */
  async close(): Promise<void> {
    this.#socket?.close();
    this.#socket = undefined;
    await this.#accepting;
  }

  async #accept(socket: Deno.TcpListener): Promise<void> {
    let lastError = "";
    while (this.#socket === socket) {
      try {
        await this.#options.pace.turn();
        const client = await socket.accept();
        lastError = "";
        this.#options.onConnection(client);
      } catch (error) {
        if (this.#socket !== socket) return;
        const text = describeError(error);
        if (text !== lastError) this.#options.log.error("cannot accept a client", { error: text });
        lastError = text;
        await sleep(ACCEPT_RETRY_MS);
      }
    }
  }
}
