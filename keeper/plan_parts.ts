// This module is pure.
/** Small pieces that all plans are put together from. */
import type { Goal } from "./assignment.ts";
import type { Observed } from "./observed.ts";
import type { KeeperSettings } from "./settings.ts";
import type { Plan, PlannedStep, Step } from "./steps.ts";

/** Everything that a plan is made from. */
export interface PlanQuestion {
  readonly goal: Goal;
  readonly observed: Observed;
  readonly settings: KeeperSettings;
}

/** Steps that all have the same reason. */
export function because(reason: string, ...steps: readonly Step[]): readonly PlannedStep[] {
  return steps.map((step) => ({ step, reason }));
}

/** Do this, and look again at what came of it. */
export function doAndLook(...steps: readonly (readonly PlannedStep[])[]): Plan {
  return { steps: steps.flat(), lookAgain: true, waitingFor: null, nextLookMs: null, configuration: null };
}

/** Nothing can be done now; what is waited for may come without an event. */
export function waitFor(reason: string, nextLookMs: number | null = 1000): Plan {
  return { steps: [], lookAgain: false, waitingFor: reason, nextLookMs, configuration: null };
}

/** Nothing will change by waiting: says what somebody has to do. */
export function waitForOperator(reason: string, remedy: string): Plan {
  return { ...waitFor(`${reason}; ${remedy}`, null), needsOperator: true };
}

/** What to do about an instance that was taken from its keeper. */
export function bringBackOrCopy(keeperUid: string): string {
  return `bring the directory back, or have it copied anew: stolonctl removekeeper ${keeperUid}`;
}
