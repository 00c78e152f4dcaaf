/** One lane, as its orders make it. `worker.ts` runs it in a thread; the main thread has one too. */
import type { Clock } from "../../common/clock.ts";
import type { Logger } from "../../common/log.ts";
import { Gate } from "../gate.ts";
import { sameTarget, type Target } from "../route.ts";
import { Clients } from "./clients.ts";
import { LaneCounters } from "./counters.ts";
import { Listener } from "./listener.ts";
import type { LaneOrder, LaneSettings } from "./messages.ts";
import { Pace } from "./pace.ts";

export interface LaneOptions {
  readonly settings: LaneSettings;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told when the right to forward has run out by the lane's own clocks. */
  readonly onExpired: () => void;
}

/** See the module. Neither listens nor forwards at first. */
export class Lane {
  readonly #gate: Gate;
  readonly #clients: Clients;
  readonly #listener: Listener;
  #hasEnded = false;

  constructor({ settings, clock, log, onExpired }: LaneOptions) {
    const { hostname, keepaliveIdleSeconds } = settings;
    const counters = new LaneCounters(settings.counters);
    const pace = new Pace();
    this.#gate = new Gate({ clock, drop: () => this.#clients.drop(), onExpired });
    this.#clients = new Clients({ gate: this.#gate, counters, pace, log, keepaliveIdleSeconds });
    this.#listener = new Listener({
      hostname,
      pace,
      log,
      onConnection: (client) => this.#clients.serve(client),
    });
  }

  /**
   * Carries an order out; what it takes away has been dropped before anything else runs.
   * @throws {Error} when it can't listen
   */
  async obey(order: LaneOrder): Promise<void> {
    switch (order.kind) {
      case "listen":
        if (!this.#hasEnded) await this.#listener.open(order.port);
        return;
      case "stop-listening":
        return await this.#listener.close();
      case "restrict":
        return this.#gate.restrict(this.#present(order.kept), order.refusal);
      case "grant":
        return this.#gate.grant({ ...order, target: this.#present(order.target) });
      case "end":
        this.#hasEnded = true;
        this.#gate[Symbol.dispose]();
        return await this.#listener.close();
    }
  }

  /** The gate tells targets apart by identity; what comes from another thread is always a copy. */
  #present(target: Target | undefined): Target | undefined {
    const present = this.#gate.target;
    return present !== undefined && target !== undefined && sameTarget(present, target) ? present : target;
  }
}
