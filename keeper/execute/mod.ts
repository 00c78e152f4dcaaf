/**
 * The hands of the keeper: one function per kind of step. A planned step comes in, the instance changes, nothing is
 * decided. What always holds: each function may be interrupted anywhere and called again. Begin with `context.ts`, then
 * the file of the kind of step you look for.
 *
 * @module
 */
import type { Step } from "../steps.ts";
import type { Executor, StepContext, StepOf } from "./context.ts";
import { writeConfiguration, writeHba, writeSignals } from "./file_steps.ts";
import * as initialisation from "./initialisation_steps.ts";
import * as resync from "./resync_steps.ts";
import * as server from "./server_steps.ts";
import { createSlot, dropSlot } from "./slot_steps.ts";
import * as trial from "./trial_steps.ts";

export type { StepContext } from "./context.ts";

const EXECUTORS: { readonly [K in Step["kind"]]: Executor<K> } = {
  ...initialisation,
  ...resync,
  ...trial,
  stopServer: server.stopServer,
  startServer: server.startServer,
  startForSetup: server.startForSetup,
  awaitRecoveryEnd: server.awaitRecoveryEnd,
  reloadServer: server.reloadServer,
  nudgeReceiver: server.nudgeReceiver,
  promote: server.promote,
  writeConfiguration,
  writeHba,
  writeSignals,
  createSlot,
  dropSlot,
};

/** Does the step. @throws whatever kept it from being done */
export async function executeStep<K extends Step["kind"]>(
  step: StepOf<K>,
  context: StepContext,
): Promise<void> {
  const execute = EXECUTORS[step.kind as K] as Executor<K>;
  await execute(step, context);
}
