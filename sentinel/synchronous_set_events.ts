// This module is pure.
/** What a change of the synchronous set says about itself. */
import type { ClusterData, Db } from "../cluster/clusterdata.ts";
import { sameValue } from "../cluster/same_value.ts";
import { decided, type DecisionEvent, type Facts, waiting } from "./events.ts";
import { nameOf, namesOf } from "./view.ts";

/** The master before and after, and the set that it is to end with. */
export interface SetChange {
  readonly data: ClusterData;
  readonly before: Db;
  readonly after: Db;
  readonly wanted: readonly string[];
  /** Fewer than the minimum. */
  readonly tooFew: boolean;
}

/** The decision, if the assignment or the known ones changed, and the wait while the primary blocks. */
export function setEvents(change: SetChange): DecisionEvent[] {
  const { before, after } = change;
  const isBlocked = (after.spec.externalSynchronousStandbys ?? []).length > 0;
  if (!sameValue(before.spec, after.spec)) {
    const level = isBlocked ? "warn" : "info";
    const reason = changeReason(change, isBlocked);
    return [decided({ rule: "synchronous set", level, reason, facts: factsOf(change) })];
  }
  return [...enteredEvents(change), ...(isBlocked ? [blockedEvent(change)] : [])];
}

function changeReason({ data, after, wanted, tooFew }: SetChange, isBlocked: boolean): string {
  const required = after.spec.synchronousStandbys ?? [];
  const requires = `${nameOf(after)} requires ${namesOf(data, required) || "nobody"}`;
  if (tooFew) return `${requires} and blocks: there are too few synchronous standbys`;
  if (isBlocked) return `${requires} and still blocks: that is not yet known to be in sync`;
  if (required.length > wanted.length) {
    return `${requires} until this is known to be in sync: ${namesOf(data, wanted) || "nobody"}`;
  }
  return `${requires} to confirm each commit`;
}

function enteredEvents({ data, before, after, ...rest }: SetChange): DecisionEvent[] {
  const known = before.status.synchronousStandbys;
  const entered = after.status.synchronousStandbys.filter((uid) => !known.includes(uid));
  if (entered.length === 0) return [];
  const reason = `known to be in sync with ${nameOf(after)}, and may be elected: ${namesOf(data, entered)}`;
  return [decided({ rule: "synchronous set", reason, facts: factsOf({ data, before, after, ...rest }) })];
}

function blockedEvent(change: SetChange): DecisionEvent {
  const why = change.tooFew
    ? "there are too few synchronous standbys"
    : "its synchronous standbys are not yet known to be in sync";
  const reason = `${nameOf(change.after)} acknowledges no commit: ${why}`;
  return waiting({ rule: "synchronous set", level: "warn", reason, facts: factsOf(change) });
}

function factsOf({ before, after, wanted }: SetChange): Facts {
  return {
    requiredBefore: requiredNames(before),
    required: requiredNames(after),
    wanted: wanted.toSorted(),
    knownInSync: after.status.synchronousStandbys,
  };
}

function requiredNames({ spec }: Db): string[] {
  return [...spec.synchronousStandbys ?? [], ...spec.externalSynchronousStandbys ?? []];
}
