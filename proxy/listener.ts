/** The socket that clients come to. It can be closed and opened again at the same address. */
import { describeError, FatalError } from "../common/errors.ts";
import { sleep } from "../common/clock.ts";
import type { Logger } from "../common/log.ts";

/** After an accept that failed (too many open files, mostly) the next one waits this long. */
const ACCEPT_RETRY_MS = 100;

export interface ListenerOptions {
  readonly hostname: string;
  readonly port: number;
  readonly onConnection: (client: Deno.TcpConn) => void;
  readonly log: Logger;
}

/** See the module. Closed at first. */
export class Listener {
  readonly #options: ListenerOptions;
  #socket: Deno.TcpListener | undefined;
  #wasOpen = false;
  #accepting: Promise<void> = Promise.resolve();

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#socket !== undefined;
  }

  /**
   * Listens, if it does not already.
   * @throws {FatalError} the first time, when the address is taken or is none of this machine's
   * @throws {Error} later: somebody may have taken the address meanwhile, and may give it back
   */
  async open(): Promise<void> {
    if (this.#socket !== undefined) return;
    // A socket just closed holds the address until the accept that waited on it has come back.
    await this.#accepting;
    const { hostname, port, log } = this.#options;
    try {
      this.#socket = Deno.listen({ hostname, port });
    } catch (cause) {
      const what = `cannot listen for clients on ${hostname}:${port}`;
      throw this.#wasOpen ? new Error(what, { cause }) : new FatalError(what, { cause });
    }
    this.#wasOpen = true;
    const { addr } = this.#socket;
    log.info("listening for clients", { address: `${addr.hostname}:${addr.port}` });
    this.#accepting = this.#accept(this.#socket);
  }

  /** Listens no longer, so that load balancers see it; clients that were accepted are not touched. */
  close(): void {
    if (this.#socket === undefined) return;
    this.#socket.close();
    this.#socket = undefined;
    this.#options.log.info("no longer listening for clients");
  }

  /** Resolves when nothing is left of a closed listener. */
  async closed(): Promise<void> {
    await this.#accepting;
  }

  async #accept(socket: Deno.TcpListener): Promise<void> {
    let lastError = "";
    while (this.#socket === socket) {
      try {
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
