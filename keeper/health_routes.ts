/** What load balancers and supervisors can ask of a keeper over HTTP. */
import type { Health, HttpOptions } from "../common/http.ts";
import type { Keeper } from "./keeper.ts";
import { lagProblem } from "./replica_lag.ts";
import type { Reporter } from "./report.ts";

/** How old a probe may be before it says nothing any more, in pass intervals. */
const PROBE_INTERVALS = 4;
const DEFAULT_INTERVAL_MS = 5000;
const DEFAULT_PROXY_TIMEOUT_MS = 15_000;

/** What the answers are made from. */
export type HealthSource = Pick<Keeper, "assignment"> & { readonly reporter: Pick<Reporter, "latest"> };

/** `/livez`, `/readyz`, `/primary` and `/replica`. */
export function healthRoutes(keeper: HealthSource): Pick<HttpOptions, "live" | "ready" | "routes"> {
  return {
    live: () => live(keeper),
    ready: () => ready(keeper),
    routes: {
      "/primary": () => primary(keeper),
      "/replica": (url) => replica(keeper, url.searchParams.get("lag")),
    },
  };
}

function live(keeper: HealthSource): Health {
  const intervalMs = keeper.assignment.view?.spec.sleepIntervalMs ?? DEFAULT_INTERVAL_MS;
  const { probeAgeMs } = keeper.reporter.latest;
  const ok = probeAgeMs < PROBE_INTERVALS * intervalMs + 60_000;
  return { ok, reason: ok ? "the keeper works" : "the keeper has not looked at PostgreSQL for long" };
}

function ready(keeper: HealthSource): Health {
  const { healthy } = keeper.reporter.latest;
  return { ok: healthy, reason: healthy ? "PostgreSQL answers" : "PostgreSQL does not answer" };
}

/** A primary that may have been replaced without our knowing is none: the view must be as fresh as a proxy's. */
function primary(keeper: HealthSource): Health {
  const { assignment, viewAgeMs, view } = keeper.assignment;
  const { healthy, inRecovery, probeAgeMs } = keeper.reporter.latest;
  if (assignment.kind !== "converge" || assignment.goal.db.spec.role !== "master") {
    return { ok: false, reason: "this instance is not to be the primary" };
  }
  if (viewAgeMs > (view?.spec.proxyTimeoutMs ?? DEFAULT_PROXY_TIMEOUT_MS)) {
    return { ok: false, reason: "the cluster view is too old to be sure" };
  }
  if (probeAgeMs > PROBE_INTERVALS * (view?.spec.sleepIntervalMs ?? DEFAULT_INTERVAL_MS)) {
    return { ok: false, reason: "PostgreSQL was looked at too long ago to be sure" };
  }
  const ok = healthy && !inRecovery;
  return { ok, reason: ok ? "primary" : "PostgreSQL is not a primary yet" };
}

function replica(keeper: HealthSource, allowedLag: string | null): Health {
  const { healthy, inRecovery, position } = keeper.reporter.latest;
  const ok = healthy && inRecovery && keeper.assignment.assignment.kind === "converge";
  if (!ok) return { ok, reason: "PostgreSQL is not a standby that answers" };
  const data = keeper.assignment.view?.data;
  const master = data?.dbs[data.cluster?.status.master ?? ""]?.status.xLogPos;
  const problem = lagProblem(allowedLag, { master, own: position });
  return { ok: problem === undefined, reason: problem ?? "replica" };
}
