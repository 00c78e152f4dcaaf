// This module is pure.
/** When each keeper last showed a sign of life that this process saw for itself. */
import type { KeeperInfo } from "../cluster/infos.ts";
import type { Observation } from "./decision.ts";
import type { KeeperSighting, Memory } from "./memory.ts";

/** Sightings of every keeper that is in the document or published something. */
export function observeKeepers(observation: Observation, memory: Memory): Memory["keepers"] {
  const infos = new Map(observation.keeperInfos.map((info) => [info.uid, info]));
  const uids = new Set([...Object.keys(observation.clusterData?.keepers ?? {}), ...infos.keys()]);
  return Object.fromEntries(
    [...uids].map((uid) => [uid, sight(memory.keepers[uid], { info: infos.get(uid), observation, memory })]),
  );
}

interface Found {
  readonly info: KeeperInfo | undefined;
  readonly observation: Observation;
  readonly memory: Memory;
}

/**
 * Only a change of `infoUID` is a sign of life, and only between two looks of ours. At the first look of a process
 * everything it finds may have been there for long; later, an info of a keeper that had none is a change too. An info of
 * another cluster is remembered, so that the keeper's next one counts as a change, but is no sign of life here.
 */
function sight(before: KeeperSighting | undefined, { info, observation, memory }: Found): KeeperSighting {
  const unseen = before ?? {
    infoUID: "",
    seen: false,
    aliveWatchedMs: memory.watchedMs,
    publishedAfterMs: undefined,
    bootUUID: "",
    formerBoots: [],
  };
  if (info === undefined || info.infoUID === unseen.infoUID) return unseen;
  const found = { ...unseen, infoUID: info.infoUID, ...bootOf(unseen, info) };
  const ours = info.clusterUID === (observation.clusterData?.cluster?.uid ?? "");
  if (memory.lastLookMs === undefined || !ours) return found;
  return { ...found, seen: true, aliveWatchedMs: memory.watchedMs, publishedAfterMs: memory.lastLookMs };
}

function bootOf(before: KeeperSighting, info: KeeperInfo) {
  if (info.bootUUID === before.bootUUID) return {};
  const formerBoots = before.bootUUID === "" ? [] : [before.bootUUID, ...before.formerBoots].slice(0, 4);
  return { bootUUID: info.bootUUID, formerBoots };
}
