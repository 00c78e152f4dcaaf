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
    [...uids].map((uid) => {
      const inDocument = observation.clusterData?.keepers[uid] !== undefined;
      return [uid, sight(memory.keepers[uid], { info: infos.get(uid), inDocument, observation, memory })];
    }),
  );
}

interface Found {
  readonly info: KeeperInfo | undefined;
  readonly inDocument: boolean;
  readonly observation: Observation;
  readonly memory: Memory;
}

/**
 * Only a change of `infoUID` is a sign of life, and only between two looks of ours. At the first look of a process
 * everything it finds may have been there for long; later, an info of a keeper that had none is a change too. An info of
 * another cluster is remembered, so that the keeper's next one counts as a change, but is no sign of life here.
 */
function sight(before: KeeperSighting | undefined, found: Found): KeeperSighting {
  const { info, observation, memory } = found;
  const unseen = knownSoFar(before, found);
  if (info === undefined || info.infoUID === unseen.infoUID) return unseen;
  const changed = { ...unseen, infoUID: info.infoUID, ...bootOf(unseen, info) };
  const ours = info.clusterUID === (observation.clusterData?.cluster?.uid ?? "");
  if (memory.lastLookMs === undefined || !ours) return changed;
  return { ...changed, seen: true, aliveWatchedMs: memory.watchedMs, publishedAfterMs: memory.lastLookMs };
}

/** A keeper whose entry was removed since the last look has to show a new sign of life before it gets another. */
function knownSoFar(before: KeeperSighting | undefined, { inDocument, memory }: Found): KeeperSighting {
  if (before === undefined) {
    const aliveWatchedMs = memory.watchedMs;
    const nothing = { infoUID: "", bootUUID: "", formerBoots: [] };
    return { ...nothing, seen: false, inDocument, aliveWatchedMs, publishedAfterMs: undefined };
  }
  const removed = before.inDocument && !inDocument;
  return { ...before, inDocument, seen: before.seen && !removed };
}

function bootOf(before: KeeperSighting, info: KeeperInfo) {
  if (info.bootUUID === before.bootUUID) return {};
  const formerBoots = before.bootUUID === "" ? [] : [before.bootUUID, ...before.formerBoots].slice(0, 4);
  return { bootUUID: info.bootUUID, formerBoots };
}
