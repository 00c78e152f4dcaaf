// This module is pure.
/** When to look again although nothing happens: silence is no event, so the end of a patience needs a timer. */
import type { ClusterData, Db } from "../cluster/clusterdata.ts";
import type { ProxyInfo } from "../cluster/infos.ts";
import type { ResolvedSpec } from "../cluster/spec.ts";
import { resolveSpec } from "../cluster/spec_defaults.ts";
import { specProblems } from "../cluster/spec_validation.ts";
import type { Now } from "./decision.ts";
import { convergenceLimitMs } from "./health.ts";
import type { DbSighting, Memory } from "./memory.ts";
import { freshnessMs, keeperPatienceMs, SPEC_SETTLE_MS } from "./periods.ts";
import { patienceMs } from "./proxies.ts";

/** What may be running out. */
export interface Pending {
  /** The document as it stands. */
  readonly clusterData: ClusterData;
  readonly proxyInfos: readonly ProxyInfo[];
  /** As the last look left it. */
  readonly memory: Memory;
  readonly now: Now;
}

/** Milliseconds from the last look until the first patience ends; undefined: none is running. */
export function nextDeadlineMs({ clusterData, proxyInfos, memory, now }: Pending): number | undefined {
  const { cluster } = clusterData;
  if (cluster === null || specProblems(cluster.spec).length > 0) return undefined;
  const spec = resolveSpec(cluster.spec);
  const remaining = [
    ...keeperDeadlines(clusterData, { memory, spec }),
    ...Object.values(clusterData.dbs).flatMap((db) => dbDeadlines(db, { memory, spec })),
    ...proxyInfos.map((info) =>
      patienceMs(info, spec) - since(memory, memory.proxies[info.UID]?.changedWatchedMs ?? memory.watchedMs)
    ),
    ...(memory.spec?.changedMs === undefined
      ? []
      : [SPEC_SETTLE_MS - (now.monotonicMs - memory.spec.changedMs)]),
  ].filter((ms) => ms > 0);
  return remaining.length === 0 ? undefined : Math.min(...remaining);
}

interface Known {
  readonly memory: Memory;
  readonly spec: ResolvedSpec;
}

function since(memory: Memory, watchedMs: number): number {
  return memory.watchedMs - watchedMs;
}

function keeperDeadlines(data: ClusterData, { memory, spec }: Known): number[] {
  return Object.keys(data.keepers).flatMap((uid) => {
    const sighting = memory.keepers[uid];
    return sighting === undefined ? [] : [keeperPatienceMs(spec) - since(memory, sighting.aliveWatchedMs)];
  });
}

function dbDeadlines(db: Db, { memory, spec }: Known): number[] {
  const sighting: DbSighting | undefined = memory.dbs[db.uid];
  if (sighting === undefined) return [];
  const { error, unconverged, invalidSinceWatchedMs } = sighting;
  const limitMs = convergenceLimitMs({ spec }, db);
  return [
    ...(error === undefined ? [] : [spec.failIntervalMs - since(memory, error.sinceWatchedMs)]),
    ...(unconverged === undefined || limitMs === 0
      ? []
      : [limitMs - since(memory, unconverged.sinceWatchedMs)]),
    ...(invalidSinceWatchedMs === undefined
      ? []
      : [freshnessMs(spec) - since(memory, invalidSinceWatchedMs)]),
  ];
}
