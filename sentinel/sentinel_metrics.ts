/** What Prometheus can ask of a sentinel. The first three names are those that existing dashboards use. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { DecisionEvent } from "./events.ts";

/** All of a sentinel's metrics. */
export class SentinelMetrics {
  readonly #isLeader: Gauge;
  readonly #leaderCount: Counter;
  readonly #lastCheck: Gauge;
  readonly #failedLooks: Counter;
  readonly #events: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#isLeader = new Gauge({
      name: "stolon_sentinel_is_leader",
      help: "1 while this sentinel leads.",
      registers,
    });
    this.#leaderCount = new Counter({
      name: "stolon_sentinel_leader_count",
      help: "How often this sentinel became the leader.",
      registers,
    });
    this.#lastCheck = new Gauge({
      name: "stolon_sentinel_last_cluster_check_success_seconds",
      help: "Unix time of the last look at the cluster that succeeded.",
      registers,
    });
    this.#failedLooks = new Counter({
      name: "stolon_sentinel_failed_cluster_checks_total",
      help: "Looks at the cluster that failed.",
      registers,
    });
    this.#events = new Counter({
      name: "stolon_sentinel_events_total",
      help: "What was decided, noticed or waited for, by rule and kind.",
      labelNames: ["rule", "kind"],
      registers,
    });
  }

  leads(isLeader: boolean): void {
    this.#isLeader.set(isLeader ? 1 : 0);
    if (isLeader) this.#leaderCount.inc();
  }

  lookSucceeded(): void {
    this.#lastCheck.setToCurrentTime();
  }

  lookFailed(): void {
    this.#failedLooks.inc();
  }

  told({ rule, kind }: DecisionEvent): void {
    this.#events.inc({ rule, kind });
  }
}
