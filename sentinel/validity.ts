// This module is pure.
/**
 * Whether a db can belong to the master's history at all. An invalid one can't be elected, since it would bring back
 * another past, and can't follow, so it is removed and made anew.
 */
import type { DbStatus } from "../cluster/clusterdata.ts";
import { branchDifference } from "../cluster/timelines.ts";

/** Why a db is invalid beside this master, as a clause that follows its name; undefined: nothing known says so. */
export function invalidReason(db: DbStatus, master: DbStatus): string | undefined {
  if (db.timelineID === 0 || master.timelineID === 0) return undefined;
  return otherSystem(db, master) ?? branchDifference(db, master) ?? otherParent(db, master) ??
    notAnAncestor(db, master);
}

function otherSystem(db: DbStatus, master: DbStatus): string | undefined {
  if (db.systemdID === "" || master.systemdID === "" || db.systemdID === master.systemdID) return undefined;
  return `its system identifier is ${db.systemdID}, and the master's is ${master.systemdID}`;
}

/** Two timelines of the same number that were begun from different ones are different timelines. */
function otherParent(db: DbStatus, master: DbStatus): string | undefined {
  const [own, theirs] = [db.timelinesHistory.at(-1)?.timelineID, master.timelinesHistory.at(-1)?.timelineID];
  const isComparable = db.timelineID === master.timelineID && own !== undefined && theirs !== undefined;
  if (!isComparable || own === theirs) return undefined;
  return `its timeline ${db.timelineID} was begun from ${own}, and the master's from ${theirs}`;
}

/** A lower timeline that the master's history passes over is a branch of its own. */
function notAnAncestor(db: DbStatus, master: DbStatus): string | undefined {
  if (db.timelineID >= master.timelineID) return undefined;
  const ancestors = master.timelinesHistory.map((entry) => entry.timelineID);
  const oldestKnown = Math.min(...ancestors);
  if (ancestors.length === 0 || db.timelineID < oldestKnown || ancestors.includes(db.timelineID)) {
    return undefined;
  }
  return `it is on timeline ${db.timelineID}, which is no ancestor of the master's timeline ${master.timelineID}`;
}
