// This module is pure.
/**
 * From what one look found to what is remembered. Nothing is judged here and nothing of the document changes; every
 * sentinel does this, so that a new leader has already seen for itself.
 */
import { sameValue } from "../cluster/same_value.ts";
import type { Observation } from "./decision.ts";
import { EMPTY_MEMORY, type Memory, type SpecSighting } from "./memory.ts";
import { observeDbs } from "./observe_dbs.ts";
import { observeKeepers } from "./observe_keepers.ts";
import { observeProxies } from "./observe_proxies.ts";
import { SLACK_MS, sleepIntervalMs } from "./periods.ts";
import { observeSyncMarks } from "./sync_marks.ts";

/** See `decide.ts`. */
export function observe(observation: Observation): Memory {
  const base = forThisCluster(observation);
  const memory = { ...base, watchedMs: base.watchedMs + watchedSinceLastLookMs(observation, base) };
  const keepers = observeKeepers(observation, memory);
  const dbs = observeDbs(observation, memory);
  return {
    ...memory,
    lastLookMs: observation.now.monotonicMs,
    missedLook: false,
    keepers,
    dbs,
    proxies: observeProxies(observation, memory),
    syncMarks: observeSyncMarks(observation, memory),
    spec: observeSpec(observation, memory),
  };
}

/**
 * Another cluster under the same name has other keepers and dbs: what was known of the old one's is forgotten. Sightings
 * of infos stay, because an info that changes while we look is a sign of life in whatever cluster; their timers begin
 * anew with the cluster.
 */
function forThisCluster({ clusterData, memory }: Observation): Memory {
  const clusterUid = clusterData?.cluster?.uid ?? memory.clusterUid;
  if (clusterUid === memory.clusterUid) return memory;
  const keepers = Object.entries(memory.keepers).map(([uid, sighting]) =>
    [uid, { ...sighting, seen: false, aliveWatchedMs: memory.watchedMs }] as const
  );
  return {
    ...EMPTY_MEMORY,
    clusterUid,
    lastLookMs: memory.lastLookMs,
    missedLook: memory.missedLook,
    watchedMs: memory.watchedMs,
    keepers: Object.fromEntries(keepers),
    proxies: memory.proxies,
  };
}

/**
 * Time that passed since the last look counts as watched, unless a look failed in between (the store was away) or the
 * next one came late (this process was frozen): then nobody could have shown a sign of life that we would have seen. So
 * a store outage by itself makes nobody dead.
 */
function watchedSinceLastLookMs({ clusterData, now }: Observation, memory: Memory): number {
  if (memory.lastLookMs === undefined || memory.missedLook) return 0;
  const gapMs = Math.max(0, now.monotonicMs - memory.lastLookMs);
  return gapMs <= sleepIntervalMs(clusterData) + SLACK_MS ? gapMs : 0;
}

/** What is remembered of a look that failed: that nobody watched. */
export function missedLook(memory: Memory): Memory {
  return memory.missedLook ? memory : { ...memory, missedLook: true };
}

function observeSpec({ clusterData, now }: Observation, memory: Memory): SpecSighting | undefined {
  const spec = clusterData?.cluster?.spec;
  if (spec === undefined) return undefined;
  if (memory.spec === undefined) return { spec, changedMs: undefined };
  return sameValue(memory.spec.spec, spec) ? memory.spec : { spec, changedMs: now.monotonicMs };
}
