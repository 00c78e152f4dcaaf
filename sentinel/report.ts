// This module is pure.
/** What of a keeper's report goes into the view. */
import type { DbStatus } from "../cluster/clusterdata.ts";
import type { PostgresState } from "../cluster/infos.ts";
import { lastEntries } from "../cluster/timelines.ts";

/** How many timelines of a history the view holds. */
const HISTORY_ENTRIES = 2;

/** What is taken over from a bad report too. An address that isn't known any more doesn't overwrite the last one. */
export function whereAndHowFar(report: PostgresState, before: DbStatus) {
  return {
    currentGeneration: report.generation,
    listenAddress: report.listenAddress === "" ? before.listenAddress : report.listenAddress,
    port: report.port === "" ? before.port : report.port,
  };
}

/** What only a healthy report may say: a server in trouble would overwrite what an election needs to know of it. */
export function whatItIs(report: PostgresState) {
  return {
    systemdID: report.systemID,
    timelineID: report.timelineID,
    xLogPos: report.xLogPos,
    timelinesHistory: lastEntries(report.timelinesHistory, HISTORY_ENTRIES),
    pgParameters: report.pgParameters,
    olderWalFile: report.olderWalFile,
  };
}

/**
 * What the view says of a db without a healthy report in the store. The last one that this process saw may be younger
 * than the document, which is not rewritten for positions alone; if another sentinel has seen more, the document wins.
 */
export function lastKnown(before: DbStatus, lastGood: PostgresState | undefined): DbStatus {
  if (lastGood === undefined) return before;
  const isOlder = lastGood.timelineID < before.timelineID ||
    (lastGood.timelineID === before.timelineID && lastGood.xLogPos < before.xLogPos);
  return isOlder ? before : { ...before, ...whatItIs(lastGood) };
}
