// This module is pure.
/**
 * Which way an instance comes to follow another: as it is, rewound, or as a full copy. The cheapest way that the facts
 * allow; every way that they do not allow is named with its reason.
 */
import { formatLsn } from "../cluster/lsn.ts";
import { branchDifference, forkPoint } from "../cluster/timelines.ts";
import type { DbState } from "./state/local_state.ts";
import type { ControlFacts, DirectoryFacts, LocalWal, ResyncMethod, SourceFacts } from "./observed.ts";

export type ReadySource = Extract<SourceFacts, { readonly kind: "ready" }>;

export interface ResyncQuestion {
  readonly directory: DirectoryFacts;
  readonly dbState: DbState | null;
  /** Null when it could not be measured. */
  readonly localWal: LocalWal | null;
  readonly source: ReadySource;
  readonly usePgrewind: boolean;
  /** Ways that were tried under this assignment and led nowhere. */
  readonly tried: readonly ResyncMethod[];
}

export interface ResyncChoice {
  readonly method: ResyncMethod;
  /** Why not a cheaper one, in words. */
  readonly reason: string;
}

/** Chooses. */
export function chooseResyncMethod(question: ResyncQuestion): ResyncChoice {
  const useless = unusable(question);
  if (useless !== undefined) return { method: "copy", reason: useless };
  if (question.directory.control?.cleanlyStopped !== true) {
    return { method: "copy", reason: "it was not stopped cleanly" };
  }
  if (question.localWal === null) return { method: "copy", reason: "the end of its WAL could not be found" };
  const twoWriters = sameTimelineWritten(question.localWal, question);
  if (twoWriters !== undefined) return { method: "copy", reason: twoWriters };
  const parting = divergence(question.localWal, question.source);
  const missing = missingWal(question.localWal, question.source, question.directory.control);
  if (parting === undefined && missing !== undefined) return { method: "copy", reason: missing };
  return chooseByHistory(question, parting);
}

function chooseByHistory({ tried, usePgrewind }: ResyncQuestion, parting: string | undefined): ResyncChoice {
  const obstacle = parting ?? (tried.includes("follow") ? "it did not come to follow as it is" : undefined);
  if (obstacle === undefined) return { method: "follow", reason: "its history is part of the followed one" };
  if (tried.includes("rewind")) return { method: "copy", reason: `${obstacle}, and rewinding did not help` };
  if (!usePgrewind) return { method: "copy", reason: `${obstacle}, and pg_rewind is not enabled` };
  return { method: "rewind", reason: obstacle };
}

/** Why what is there is of no use at all. */
export function unusable(
  { directory, dbState, source }: Pick<ResyncQuestion, "directory" | "dbState" | "source">,
): string | undefined {
  if (directory.kind === "empty") return "there is no instance here";
  if (directory.control === null) return "what is here is no instance that can be read";
  if (dbState?.Initializing) return "what is here is an unfinished initialisation";
  if (directory.control.systemId !== source.systemId) {
    return `the instance here has system identifier ${directory.control.systemId}, the followed one ${source.systemId}`;
  }
  return undefined;
}

/** Why local WAL is not the beginning of the source's. */
export function divergence(local: LocalWal, source: ReadySource): string | undefined {
  const instance = { timelineID: local.timelineID, xLogPos: local.end, timelinesHistory: local.history };
  const followed = {
    timelineID: source.timelineID,
    xLogPos: source.position,
    timelinesHistory: source.history,
  };
  const difference = branchDifference(instance, followed);
  if (difference !== undefined) return difference;
  if (local.timelineID === source.timelineID) return aheadReason(local, source);
  if (forkPoint(source.history, local.timelineID) !== undefined) return undefined;
  return `the followed history does not contain timeline ${local.timelineID}`;
}

/**
 * Only one server writes a timeline. Two that did were promoted from the same place, each without knowing of the other:
 * their histories look the same, down to the switch point, and are not. `pg_rewind` would find nothing to do.
 */
function sameTimelineWritten(
  local: LocalWal,
  { directory, source }: Pick<ResyncQuestion, "directory" | "source">,
): string | undefined {
  const bothWrote = directory.control?.wasStandby === false && !source.inRecovery;
  if (!bothWrote || local.timelineID !== source.timelineID) return undefined;
  return `both it and the followed one wrote timeline ${local.timelineID} as primaries: their histories only look alike`;
}

function aheadReason(local: LocalWal, source: ReadySource): string | undefined {
  if (local.end <= source.position) return undefined;
  return `it has WAL up to ${formatLsn(local.end)}, and the followed one only up to ${
    formatLsn(source.position)
  }`;
}

/** Streaming begins at the start of the segment that holds the end of what is here. */
function missingWal(
  local: LocalWal,
  source: ReadySource,
  { segmentBytes }: ControlFacts,
): string | undefined {
  if (source.oldestWal === null) return undefined;
  const needed = local.end - local.end % segmentBytes;
  if (needed >= source.oldestWal) return undefined;
  return `it needs WAL from ${formatLsn(needed)} on, and the followed one begins at ${
    formatLsn(source.oldestWal)
  }`;
}
