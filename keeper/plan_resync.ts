// This module is pure.
/**
 * How the instance comes to follow another db under a new assignment. Nothing is given up before the source has
 * answered, and a result that was not copied as a whole has to prove itself by streaming before it counts.
 */
import { branchDifference } from "../cluster/timelines.ts";
import type { InternalSource } from "./assignment.ts";
import { because, doAndLook, type PlanQuestion, waitFor } from "./plan_parts.ts";
import type { ControlFacts, RunningFacts } from "./observed.ts";
import { startSteps } from "./plan_start.ts";
import { standbyName } from "./postgres/synchronous_names.ts";
import { chooseResyncMethod, type ReadySource, unusable } from "./resync_method.ts";
import type { Plan } from "./steps.ts";

/** How long a followed or rewound instance may run without streaming, while its source is there. */
const TRIAL_MS = 20_000;
const SOON_MS = 200;

interface ResyncSituation extends PlanQuestion {
  readonly from: InternalSource;
  readonly slot: string;
}

/** Plans for `initMode` `resync`. */
export function planResync(question: PlanQuestion): Plan {
  const { goal, observed } = question;
  const from = goal.source;
  if (from === null || from.kind !== "internal") {
    return waitFor(`db ${goal.db.uid} is to be resynced, but the view names no db of this cluster to follow`);
  }
  if (from.host === "") {
    return waitFor(`the address of db ${from.dbUid}, which is to be followed, is not known yet`);
  }
  const situation = { ...question, from, slot: standbyName(goal.db.uid) };
  if (observed.memory.current !== null) return planTrial(situation);
  if (observed.server.kind !== "stopped") {
    return doAndLook(because(`db ${goal.db.uid} replaces what runs here`, { kind: "stopServer" }));
  }
  return planWithSource(situation);
}

function planWithSource(situation: ResyncSituation): Plan {
  const { observed, from, slot } = situation;
  const { source } = observed.memory;
  if (source === null) {
    return doAndLook(
      because(`db ${from.dbUid} is to be followed`, { kind: "lookAtSource", source: from, slot }),
    );
  }
  if (source.kind === "unreachable") return waitFor(`db ${from.dbUid} does not take us: ${source.problem}`);
  if (from.isPrimary && source.inRecovery) {
    return waitFor(`db ${from.dbUid} has not been promoted yet`, SOON_MS);
  }
  if (!source.slotExists) return waitFor(`the slot ${slot} does not exist on db ${from.dbUid} yet`, SOON_MS);
  return planMethod(situation, source);
}

function planMethod(situation: ResyncSituation, source: ReadySource): Plan {
  const { observed, goal } = situation;
  const { directory, dbState, memory } = observed;
  const control = directory.control;
  if (unusable({ directory, dbState, source }) === undefined && control !== null) {
    const first = planFacts(situation, control);
    if (first !== undefined) return first;
  }
  const choice = chooseResyncMethod({
    directory,
    dbState,
    localWal: memory.localWal,
    source,
    usePgrewind: goal.db.spec.usePgrewind,
    tried: memory.tried,
  });
  if (choice.method === "follow") return planFollow(situation, choice.reason);
  if (choice.method === "copy") return planCopy(situation, { source, reason: choice.reason });
  if (source.checkpointTimelineID !== source.timelineID) {
    return waitFor(`db ${situation.from.dbUid} has not finished the checkpoint after its promotion`, SOON_MS);
  }
  return planRewind(situation, choice.reason);
}

/** What has to be done before histories can be compared. */
function planFacts({ observed, goal }: ResyncSituation, control: ControlFacts): Plan | undefined {
  const { tried, localWal, localWalUnknown } = observed.memory;
  if (control.cleanlyStopped) {
    if (localWal !== null || localWalUnknown) return undefined;
    return doAndLook(because("histories are to be compared", { kind: "measureLocalWal" }));
  }
  const asStandby = control.wasStandby;
  const worthwhile = asStandby
    ? !tried.includes("follow")
    : goal.db.spec.usePgrewind && !tried.includes("rewind");
  if (!worthwhile) return undefined;
  const reason = asStandby
    ? "a crashed standby is brought to a clean stop before its history is compared"
    : "pg_rewind needs a clean stop";
  return doAndLook(because(reason, { kind: "recoverFromCrash", asStandby }));
}

function planFollow(situation: ResyncSituation, reason: string): Plan {
  return doAndLook(
    because(reason, { kind: "beginTrial", method: "follow" }),
    startSteps(situation, reason),
  );
}

function planRewind(situation: ResyncSituation, reason: string): Plan {
  return doAndLook(
    because(
      reason,
      { kind: "archiveWaitingWal" },
      { kind: "beginInitialisation" },
      { kind: "rewindToSource", source: situation.from },
      { kind: "beginTrial", method: "rewind" },
    ),
    startSteps(situation, reason),
  );
}

function planCopy(
  situation: ResyncSituation,
  { source, reason }: { readonly source: ReadySource; readonly reason: string },
): Plan {
  const { directory, dbState } = situation.observed;
  // WAL of another system, or of an instance that never was one, does not belong into the archive.
  const archives = unusable({ directory, dbState, source }) === undefined;
  return doAndLook(because(
    reason,
    ...(archives ? [{ kind: "archiveWaitingWal" } as const] : []),
    { kind: "beginInitialisation" },
    { kind: "clearDirectory" },
    { kind: "copySource", source: situation.from, slot: situation.slot },
    // Before it counts as an instance: without the signal it would start as a primary.
    { kind: "writeSignals", standby: true, recovery: false },
    { kind: "completeInitialisation" },
  ));
}

/** The result of following or rewinding runs: has it come to stream from the source? */
function planTrial(situation: ResyncSituation): Plan {
  const { observed, from } = situation;
  const { server, memory } = observed;
  const method = memory.current ?? "follow";
  const reject = (reason: string) =>
    doAndLook(because(reason, { kind: "stopServer" }, { kind: "rejectMethod", method }));
  if (server.kind === "stopped") return reject("PostgreSQL did not stay up as a standby");
  if (server.kind !== "running") return waitFor("PostgreSQL is starting", SOON_MS);
  if (!server.facts.inRecovery) return reject("PostgreSQL came up as a primary");
  if (server.facts.streaming) return planProof(situation, server.facts, reject);
  if (memory.nudgeDue) return doAndLook(because("streaming has not begun", { kind: "nudgeReceiver" }));
  if (memory.currentAgeMs < TRIAL_MS) {
    return waitFor(`streaming from db ${from.dbUid} has not begun yet`, SOON_MS);
  }
  if (memory.source === null) {
    return doAndLook(because("streaming does not begin", {
      kind: "lookAtSource",
      source: from,
      slot: situation.slot,
    }));
  }
  if (memory.source.kind === "unreachable") {
    return waitFor(`db ${from.dbUid} does not take us: ${memory.source.problem}`);
  }
  return reject(`it does not come to stream from db ${from.dbUid}, which is there`);
}

/** It streams: but is it on the source's branch, or on one of its own that only looks alike? */
function planProof(
  situation: ResyncSituation,
  facts: RunningFacts,
  reject: (reason: string) => Plan,
): Plan {
  const { observed, from, slot } = situation;
  const { source } = observed.memory;
  if (source === null) {
    return doAndLook(because("histories are to be compared", { kind: "lookAtSource", source: from, slot }));
  }
  if (source.kind === "unreachable") return waitFor(`db ${from.dbUid} does not take us: ${source.problem}`);
  if (facts.timelineID < source.timelineID) {
    return waitFor(`it is still on timeline ${facts.timelineID} of ${source.timelineID}`, SOON_MS);
  }
  const branch = { timelineID: facts.timelineID, xLogPos: facts.position, timelinesHistory: facts.history };
  const followed = {
    timelineID: source.timelineID,
    xLogPos: source.position,
    timelinesHistory: source.history,
  };
  const difference = branchDifference(branch, followed);
  if (difference !== undefined) return reject(difference);
  return doAndLook(because(`it streams from db ${from.dbUid}`, { kind: "completeInitialisation" }));
}
