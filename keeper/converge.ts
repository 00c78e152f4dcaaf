/** One pass from a view to the instance: look, plan, act, until nothing is left to do now. */
import type { PlannedStep, Step } from "./steps.ts";
import type { Assignment, Goal } from "./assignment.ts";
import { executeStep } from "./execute/mod.ts";
import type { KeeperMetrics } from "./keeper_metrics.ts";
import { observe } from "./observe.ts";
import type { Observed } from "./observed.ts";
import { planKeeper } from "./plan.ts";
import type { Plan } from "./steps.ts";
import type { Workplace } from "./workplace.ts";

/** More looks than any way through a plan has; a plan that needs more goes in circles. */
const MAX_LOOKS = 40;
/** Nothing takes long without a word in the log. */
const STILL_AT_IT_MS = 5000;
/** Steps whose failure is not followed by the next attempt at once. */
const COSTLY: readonly Step["kind"][] = [
  "runInitdb",
  "restoreBackup",
  "startForSetup",
  "awaitRecoveryEnd",
  "copySource",
  "rewindToSource",
];
const DEFAULT_REQUEST_TIMEOUT_MS = 10_000;

export interface ConvergeOptions {
  readonly place: Workplace;
  readonly metrics: KeeperMetrics;
  /** A look that nothing but waiting asked for says nothing that was just said. */
  readonly quiet: boolean;
  readonly signal: AbortSignal;
}

/** How a pass ended. */
export interface Outcome {
  /** What keeps the goal from being reached; null: it is reached. */
  readonly waitingFor: string | null;
  readonly needsOperator?: boolean;
  readonly nextLookMs: number | null;
  readonly observed: Observed;
}

/** Works towards the assignment. @throws whatever a step threw; the next pass begins anew */
export async function converge(assignment: Assignment, options: ConvergeOptions): Promise<Outcome> {
  const { place, signal } = options;
  const goal = assignment.kind === "converge" ? assignment.goal : undefined;
  place.memory.beginPass(goal?.db.uid ?? "");
  if (goal !== undefined && !options.quiet) {
    place.log.info("requested role", { role: goal.db.spec.role, db: goal.db.uid });
  }
  const requestTimeoutMs = goal?.spec.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS;
  let filesTold = options.quiet;
  for (let look = 0; look < MAX_LOOKS; look++) {
    signal.throwIfAborted();
    const observed = await observe(place, { goal, signal, requestTimeoutMs });
    const plan = planKeeper({ assignment, observed, settings: place.settings });
    if (plan.configuration !== null && !filesTold) filesTold = tellFiles(plan.configuration, options);
    for (const planned of plan.steps) {
      await takeStep(planned, { options, goal, requestTimeoutMs });
    }
    if (!plan.lookAgain) return { ...plan, observed };
  }
  throw new Error(`the plan did not come to an end after ${MAX_LOOKS} looks`);
}

async function takeStep(
  { step, reason }: PlannedStep,
  taken: {
    readonly options: ConvergeOptions;
    readonly goal: Goal | undefined;
    readonly requestTimeoutMs: number;
  },
): Promise<void> {
  const { place, metrics, signal } = taken.options;
  signal.throwIfAborted();
  place.log.debug("step", { step: step.kind, reason });
  metrics.step(step.kind);
  place.onStep?.(step.kind, "before");
  const startedMs = performance.now();
  const telling = setInterval(() => {
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    place.log.info("a step takes its time", { step: step.kind, seconds, reason });
  }, STILL_AT_IT_MS);
  try {
    await executeStep(step, {
      place,
      goal: taken.goal,
      signal,
      requestTimeoutMs: taken.requestTimeoutMs,
      onCopyProgress: (progress) => metrics.copyProgress(progress),
    });
  } catch (error) {
    if (COSTLY.includes(step.kind)) place.memory.pause.extend();
    throw error;
  } finally {
    clearInterval(telling);
  }
  place.onStep?.(step.kind, "after");
}

function tellFiles(configuration: NonNullable<Plan["configuration"]>, options: ConvergeOptions): boolean {
  const { place: { log }, metrics } = options;
  const { parametersChanged, hbaChanged } = configuration;
  log.info(
    parametersChanged
      ? "postgres parameters changed, reloading postgres instance"
      : "postgres parameters not changed",
  );
  log.info(
    hbaChanged
      ? "postgres hba entries changed, reloading postgres instance"
      : "postgres hba entries not changed",
  );
  if (parametersChanged || hbaChanged) metrics.needsReload();
  return true;
}
