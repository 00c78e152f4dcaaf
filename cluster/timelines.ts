// This module is pure.
/**
 * Timelines: PostgreSQL starts a new one at each promotion, and the history file of a timeline says where each of its
 * ancestors was left. The number alone says nothing: two servers may both have promoted to the same one.
 * (PostgreSQL documentation, "Continuous Archiving", section "Timelines".)
 */
import type { TimelineHistoryEntry } from "./clusterdata.ts";
import { formatLsn, parseLsn } from "./lsn.ts";

/** Where an instance is in the tree of timelines. */
export interface Branch {
  /** Number of the timeline that it is on. */
  readonly timelineID: number;
  /** Position in bytes. */
  readonly xLogPos: bigint;
  /** The ancestors of `timelineID`, oldest first, possibly only the last few. */
  readonly timelinesHistory: readonly TimelineHistoryEntry[];
}

/**
 * The ancestors that a history file (`0000000N.history`) names, oldest first.
 * @throws {SyntaxError} when a line can't be read
 */
export function parseHistoryFile(text: string): TimelineHistoryEntry[] {
  return text.split("\n").map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map(parseHistoryLine);
}

function parseHistoryLine(line: string): TimelineHistoryEntry {
  const [, timeline, switchPoint, reason = ""] =
    /^(\d+)\s+([0-9A-Fa-f]+\/[0-9A-Fa-f]+)(?:\s+(.*))?$/.exec(line) ?? [];
  if (timeline === undefined || switchPoint === undefined) {
    throw new SyntaxError(`"${line}" is not a line of a timeline history file`);
  }
  return { timelineID: Number(timeline), switchPoint: parseLsn(switchPoint), reason };
}

/** Where a history left this timeline; undefined when it doesn't say. */
export function forkPoint(history: readonly TimelineHistoryEntry[], timelineID: number): bigint | undefined {
  return history.find((entry) => entry.timelineID === timelineID)?.switchPoint;
}

/** The youngest ancestors, at most `count`: what infos and the view hold. */
export function lastEntries(
  history: readonly TimelineHistoryEntry[],
  count: number,
): readonly TimelineHistoryEntry[] {
  return history.toSorted((a, b) => a.timelineID - b.timelineID).slice(-count);
}

/**
 * Why an instance can't follow the master as it is, because it is on another branch of the tree of timelines;
 * undefined when nothing that both know says so. Histories may be cut off: only what both hold is compared.
 */
export function branchDifference(instance: Branch, master: Branch): string | undefined {
  if (instance.timelineID > master.timelineID) {
    return `it is on timeline ${instance.timelineID}, and the master on ${master.timelineID}`;
  }
  return instance.timelineID < master.timelineID
    ? pastForkReason(instance, master) ?? ancestorReason(instance, master)
    : ancestorReason(instance, master);
}

function pastForkReason(instance: Branch, master: Branch): string | undefined {
  const fork = forkPoint(master.timelinesHistory, instance.timelineID);
  if (fork === undefined || instance.xLogPos <= fork) return undefined;
  return `it is at ${formatLsn(instance.xLogPos)} on timeline ${instance.timelineID}, ` +
    `which the master's history left at ${formatLsn(fork)}`;
}

function ancestorReason(instance: Branch, master: Branch): string | undefined {
  const ancestors = instance.timelinesHistory.filter((entry) => entry.timelineID < instance.timelineID);
  const differing = ancestors.find((entry) => {
    const fork = forkPoint(master.timelinesHistory, entry.timelineID);
    return fork !== undefined && fork !== entry.switchPoint;
  });
  if (differing === undefined) return undefined;
  const masterFork = forkPoint(master.timelinesHistory, differing.timelineID) ?? 0n;
  return `its history left timeline ${differing.timelineID} at ${formatLsn(differing.switchPoint)}, ` +
    `and the master's at ${formatLsn(masterFork)}`;
}
