import type { Goal } from "../assignment.ts";
import type { CopyProgress } from "../postgres/basebackup.ts";
import type { Step } from "../steps.ts";
import type { Workplace } from "../workplace.ts";

/** What a step may use. */
export interface StepContext {
  readonly place: Workplace;
  /** Undefined while PostgreSQL only has to stop. */
  readonly goal: Goal | undefined;
  /** Ends the step early: the keeper ends, or the assignment has become another. */
  readonly signal: AbortSignal;
  /** Limit of one request to PostgreSQL. */
  readonly requestTimeoutMs: number;
  onCopyProgress(progress: CopyProgress): void;
}

/** One kind of step. */
export type StepOf<K extends Step["kind"]> = Extract<Step, { readonly kind: K }>;

/** Does one kind of step. */
export type Executor<K extends Step["kind"]> = (
  step: StepOf<K>,
  context: StepContext,
) => Promise<void> | void;

/** The goal of a step that makes no sense without one. */
export function goalOf(context: StepContext): Goal {
  if (context.goal === undefined) throw new Error("a step of an assignment was planned without one");
  return context.goal;
}
