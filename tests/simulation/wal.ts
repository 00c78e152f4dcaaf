/**
 * The truth about write-ahead logs. Every promotion begins a branch of its own, so that two histories with one timeline
 * number can be told apart, which PostgreSQL can't. Positions are numbers here; what processes see has an offset that no
 * JavaScript number could hold exactly.
 */
import type { TimelineHistoryEntry } from "../../cluster/clusterdata.ts";

const OFFSET = 1n << 56n;
export const SEGMENT_BYTES = 16 * 1024 * 1024;

/** A position as the processes see it. */
export function shownLsn(lsn: number): bigint {
  return OFFSET + BigInt(lsn);
}

export class Branch {
  /** As the history file says, oldest first. */
  readonly history: readonly TimelineHistoryEntry[];

  constructor(
    readonly systemId: string,
    readonly timelineID: number,
    readonly parent: Branch | undefined,
    /** Where it left its parent. */
    readonly forkLsn: number,
  ) {
    this.history = parent === undefined ? [] : [
      ...parent.history,
      {
        timelineID: parent.timelineID,
        switchPoint: shownLsn(forkLsn),
        reason: "no recovery target specified",
      },
    ];
  }
}

/** A place in the tree of all histories. */
export interface Position {
  readonly branch: Branch;
  readonly lsn: number;
}

/** Whether all that is before `earlier` is also before `later`. */
export function includes(later: Position, earlier: Position): boolean {
  let limit = later.lsn;
  for (let branch: Branch | undefined = later.branch; branch !== undefined; branch = branch.parent) {
    if (branch === earlier.branch) return earlier.lsn <= limit;
    limit = Math.min(limit, branch.forkLsn);
  }
  return false;
}

/** Where a history left the given timeline, as its history file says. */
export function forkOf(history: Branch, timelineID: number): number | undefined {
  for (let branch = history; branch.parent !== undefined; branch = branch.parent) {
    if (branch.parent.timelineID === timelineID) return branch.forkLsn;
  }
  return undefined;
}
