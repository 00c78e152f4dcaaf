/** What Prometheus can ask of a keeper. Names and labels are those that existing dashboards use. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { CopyProgress } from "./postgres/basebackup.ts";
import type { Step } from "./steps.ts";

const ROLES = ["undefined", "master", "standby"] as const;
/** A role as dashboards know it. */
export type MetricRole = (typeof ROLES)[number];

export class KeeperMetrics {
  readonly #lastValidUpdate: Gauge;
  readonly #targetRole: Gauge;
  readonly #localRole: Gauge;
  readonly #needsReload: Gauge;
  readonly #needsRestart: Gauge;
  readonly #lastSync: Gauge;
  readonly #sleepInterval: Gauge;
  readonly #shutdown: Gauge;
  readonly #copied: Gauge;
  readonly #copyTotal: Gauge;
  readonly #steps: Counter;

  constructor(registry: Registry) {
    const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
      new Gauge({ name: `stolon_keeper_${name}`, help, labelNames: [...labelNames], registers: [registry] });
    this.#lastValidUpdate = gauge(
      "clusterdata_last_valid_update_seconds",
      "Unix time of the last good read.",
    );
    this.#targetRole = gauge("target_role", "1 for the role that the cluster view asks for.", ["role"]);
    this.#localRole = gauge("local_role", "1 for the role that PostgreSQL has.", ["role"]);
    this.#needsReload = gauge("needs_reload", "1 while PostgreSQL has to read its files again.");
    this.#needsRestart = gauge("needs_restart", "1 while a changed parameter waits for a restart.");
    this.#lastSync = gauge("last_sync_success_seconds", "Unix time of the last pass that ended well.");
    this.#sleepInterval = gauge("sleep_interval", "The cluster's sleepInterval in seconds.");
    this.#shutdown = gauge("shutdown_seconds", "Unix time at which the keeper was asked to end.");
    this.#copied = gauge("resync_copied_bytes", "Bytes that the present or last full copy has copied.");
    this.#copyTotal = gauge("resync_total_bytes", "Bytes that the present or last full copy has to copy.");
    this.#steps = new Counter({
      name: "stolon_keeper_steps_total",
      help: "Steps that were taken, by kind.",
      labelNames: ["step"],
      registers: [registry],
    });
    this.targetRole("undefined");
    this.localRole("undefined");
  }

  viewRead(): void {
    this.#lastValidUpdate.setToCurrentTime();
  }

  passDone(seen: { readonly needsRestart: boolean; readonly sleepIntervalMs: number }): void {
    this.#lastSync.setToCurrentTime();
    this.#needsReload.set(0);
    this.#needsRestart.set(seen.needsRestart ? 1 : 0);
    this.#sleepInterval.set(seen.sleepIntervalMs / 1000);
  }

  needsReload(): void {
    this.#needsReload.set(1);
  }

  targetRole(role: MetricRole): void {
    setOne(this.#targetRole, role);
  }

  localRole(role: MetricRole): void {
    setOne(this.#localRole, role);
  }

  step(kind: Step["kind"]): void {
    this.#steps.inc({ step: kind });
  }

  copyProgress({ doneBytes, totalBytes }: CopyProgress): void {
    this.#copied.set(doneBytes);
    this.#copyTotal.set(totalBytes);
  }

  shuttingDown(): void {
    this.#shutdown.setToCurrentTime();
  }
}

function setOne(gauge: Gauge, role: MetricRole): void {
  for (const one of ROLES) gauge.set({ role: one }, one === role ? 1 : 0);
}
