/** All clients of one lane: each is spliced to the target, or closed at once with a reason that is counted. */
import { describeError } from "../../common/errors.ts";
import type { Logger } from "../../common/log.ts";
import type { Gate } from "../gate.ts";
import type { Target } from "../route.ts";
import { ConnectLimits } from "./connect_limits.ts";
import type { LaneCounters, RefusedReason } from "./counters.ts";
import type { Pace } from "./pace.ts";
import { Session } from "./session.ts";
import type { TcpSocketOptions } from "./tcp_socket.ts";

export interface ClientsOptions extends TcpSocketOptions {
  readonly gate: Gate;
  readonly counters: LaneCounters;
  readonly pace: Pace;
  readonly log: Logger;
}

/** See the module. */
export class Clients {
  readonly #options: ClientsOptions;
  readonly #sessions = new Set<Session>();
  readonly #connectLimits = new ConnectLimits();
  #lastConnectError = "";
  #shortageTold = false;

  constructor(options: ClientsOptions) {
    this.#options = options;
  }

  /** Takes the connection over. */
  serve(client: Deno.TcpConn): void {
    const admitted = this.#options.gate.admit();
    if (typeof admitted === "string") {
      this.#refuse(client, admitted);
      return;
    }
    this.#options.counters.add("accepted");
    // A session that fails in an unforeseen way must not pass unnoticed: the rejection ends the thread, and that the process.
    void this.#run(client, admitted);
  }

  /** Closes a client that can't be served. */
  #refuse(client: Deno.TcpConn, reason: RefusedReason): void {
    this.#options.counters.addRefused(reason);
    client.close();
  }

  /** Drops every connection, both sides at once, before it returns. */
  drop(): void {
    this.#connectLimits.abort();
    if (this.#sessions.size === 0) return;
    this.#options.log.info("dropping all connections", { connections: this.#sessions.size });
    this.#options.counters.add("dropped", this.#sessions.size);
    const sessions = [...this.#sessions];
    this.#sessions.clear();
    for (const session of sessions) session.drop();
  }

  async #run(client: Deno.TcpConn, target: Target): Promise<void> {
    const { gate, counters, pace, keepaliveIdleSeconds } = this.#options;
    const session = new Session(client, {
      target,
      keepaliveIdleSeconds,
      mayForward: () => gate.mayForward(target),
      pace,
      toServer: counters.toServer,
      toClient: counters.toClient,
      connectLimits: this.#connectLimits,
      onUnreachable: (error) => this.#failedToConnect(error),
      onConnected: (elapsedMs) => this.#connected(elapsedMs),
      onShortage: (outcome) => this.#outOfDescriptors(outcome),
    });
    this.#sessions.add(session);
    counters.add("open");
    try {
      await session.run();
    } finally {
      this.#sessions.delete(session);
      counters.add("open", -1);
    }
  }

  #connected(elapsedMs: number): void {
    this.#options.counters.addConnect(elapsedMs / 1000);
    this.#lastConnectError = "";
  }

  /** Told once: it happens to many at a time, and goes on until somebody raises the limit. */
  #outOfDescriptors(outcome: string): void {
    if (this.#shortageTold) return;
    this.#shortageTold = true;
    this.#options.log.warn(
      "no second descriptor for a connection: raise this process's limit of open files",
      {
        connection: outcome,
      },
    );
  }

  #failedToConnect(error: Error): void {
    const text = describeError(error);
    this.#options.counters.addRefused("connect_failed");
    // A primary that is away fails every client alike: that is told once.
    if (text !== this.#lastConnectError) this.#options.log.warn("cannot reach the primary", { error: text });
    this.#lastConnectError = text;
  }
}
