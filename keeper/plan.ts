// This module is pure.
/**
 * The keeper's decision: from what the view asks and what is observed to the next steps, each with its reason. It is
 * asked again after the steps, until nothing is left to do; so it needs no memory of how far it came, and a crash
 * between any two steps only means that it is asked again.
 */
import type { Assignment } from "./assignment.ts";
import type { Observed } from "./observed.ts";
import { planInitialisation } from "./plan_initialisation.ts";
import { because, doAndLook, waitFor } from "./plan_parts.ts";
import { planRole } from "./plan_role.ts";
import type { KeeperSettings } from "./settings.ts";
import type { Plan } from "./steps.ts";

export interface KeeperQuestion {
  readonly assignment: Assignment;
  readonly observed: Observed;
  readonly settings: KeeperSettings;
}

/** What to do next. */
export function planKeeper({ assignment, observed, settings }: KeeperQuestion): Plan {
  if (assignment.kind === "wait") return waitFor(assignment.reason, null);
  if (assignment.kind === "stop") return planStop(observed, assignment.reason);
  if (observed.server.kind === "foreign") {
    const reason = "PostgreSQL was left running by an earlier keeper process";
    return doAndLook(because(reason, { kind: "stopServer" }));
  }
  const { goal } = assignment;
  const { dbState } = observed;
  const initialised = dbState !== null && dbState.UID === goal.db.uid && !dbState.Initializing;
  const question = { goal, observed, settings };
  return initialised ? planRole(question) : planInitialisation(question);
}

function planStop(observed: Observed, reason: string): Plan {
  if (observed.server.kind === "stopped") return waitFor(reason, null);
  return doAndLook(because(reason, { kind: "stopServer" }));
}
