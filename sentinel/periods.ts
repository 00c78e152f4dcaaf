// This module is pure.
/** Periods that several rules count with. */
import type { ClusterData } from "../cluster/clusterdata.ts";
import type { ResolvedSpec } from "../cluster/spec.ts";
import { resolveSpec, SPEC_DEFAULTS } from "../cluster/spec_defaults.ts";
import { parseDurationMs } from "../cluster/duration.ts";
import { specProblems } from "../cluster/spec_validation.ts";

/** Added to periods that a program on a busy machine may miss by a little. */
export const SLACK_MS = 1000;

/** An operator's changes of the spec are acted on when none has come for this long, so that several become one. */
export const SPEC_SETTLE_MS = 500;

/** The sleep interval in force, or the default when there is no usable spec. */
export function sleepIntervalMs(clusterData: ClusterData | null): number {
  const spec = clusterData?.cluster?.spec;
  if (spec === undefined || specProblems(spec).length > 0) {
    return parseDurationMs(SPEC_DEFAULTS.sleepInterval);
  }
  return resolveSpec(spec).sleepIntervalMs;
}

/** Silence of a keeper for this long makes it unhealthy: no less than two of its reports, whatever `failInterval` says. */
export function keeperPatienceMs(spec: ResolvedSpec): number {
  return Math.max(spec.failIntervalMs, 2 * spec.sleepIntervalMs + SLACK_MS);
}

/** A report is fresh for this long: the period in which the next one must come. */
export function freshnessMs(spec: ResolvedSpec): number {
  return spec.sleepIntervalMs + SLACK_MS;
}
