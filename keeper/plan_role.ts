// This module is pure.
/** Bringing the db's own instance into its role and keeping it there: files, promotion, slots, restarts. */
import { sameValue } from "../cluster/same_value.ts";
import type { Observed, RunningFacts } from "./observed.ts";
import {
  because,
  bringBackOrCopy,
  doAndLook,
  type PlanQuestion,
  waitFor,
  waitForOperator,
} from "./plan_parts.ts";
import { slotSteps } from "./plan_slots.ts";
import { startSteps } from "./plan_start.ts";
import { restartObstacle } from "./restart_turn.ts";
import type { Parameters } from "./postgres/configuration.ts";
import type { Plan, PlannedStep, Step } from "./steps.ts";
import { wantedConfiguration } from "./wanted_configuration.ts";

/** Plans for an instance that belongs to the assigned db. */
export function planRole(question: PlanQuestion): Plan {
  const { goal, observed } = question;
  const { server } = observed;
  if (goal.source?.kind === "internal" && goal.source.host === "") {
    return waitFor(`the address of db ${goal.source.dbUid}, which is to be followed, is not known yet`);
  }
  if (server.kind === "stopped") return planStart(question);
  if (server.kind !== "running") {
    return waitFor(
      server.kind === "silent" ? server.reason : "PostgreSQL runs, but was not started here",
      150,
    );
  }
  if (goal.source !== null && !server.facts.inRecovery) {
    return doAndLook(because("a primary is to become a standby", { kind: "stopServer" }));
  }
  return planRunning(question, server.facts);
}

function planStart(question: PlanQuestion): Plan {
  if (question.observed.directory.kind !== "instance") {
    return waitForOperator(
      "the data directory of an initialised db holds no instance: it was changed from outside",
      bringBackOrCopy(question.goal.db.spec.keeperUID),
    );
  }
  const { startPauseMs } = question.observed.memory;
  if (startPauseMs > 0) {
    return waitFor("PostgreSQL did not come up, and the next attempt is not due yet", startPauseMs);
  }
  return doAndLook(startSteps(question, "PostgreSQL does not run"));
}

function planRunning(question: PlanQuestion, facts: RunningFacts): Plan {
  const { goal, observed } = question;
  const opening = observed.memory.clientsHeld && caughtUp(question, facts);
  const files = fileSteps(question, facts, opening);
  const promotes = goal.source === null && facts.inRecovery;
  const promotion = promotes ? because("it is to be the primary", { kind: "promote" }) : [];
  const slots = slotSteps(goal, facts.slots);
  const steps = [...files.steps, ...promotion, ...slots];
  const configuration = { parametersChanged: files.parametersChanged, hbaChanged: files.hbaChanged };
  // What was just reloaded may turn out to need a restart, so that is looked at before the goal counts as reached.
  if (steps.length > 0) return { ...doAndLook(steps), configuration };
  return { ...planSettled(question, facts), configuration };
}

/** The files are as they should be: is a restart due, and is the generation to be recorded? */
function planSettled(question: PlanQuestion, facts: RunningFacts): Plan {
  const { goal, observed } = question;
  const isStandby = goal.source !== null;
  const restartDue = facts.pendingRestart.length > 0 && goal.spec.automaticPgRestart;
  const obstacle = restartDue ? restartObstacle(goal, observed.memory.restartWantedMs) : undefined;
  if (restartDue && obstacle === undefined) {
    const reason = `changed parameters need a restart: ${facts.pendingRestart.join(", ")}`;
    return doAndLook(because(reason, { kind: "stopServer" }));
  }
  const waits = isStandby && !facts.streaming && observed.memory.nudgesLeft;
  const steps = [
    ...restartDue && isStandby ? [] : generationSteps(goal.db.generation, observed),
    ...waits && observed.memory.nudgeDue
      ? because("the standby waits before it connects again", { kind: "nudgeReceiver" })
      : [],
  ];
  const nextLookMs = waits || observed.memory.clientsHeld ? 150 : obstacle === undefined ? null : 1000;
  return { steps, lookAgain: false, waitingFor: obstacle ?? null, nextLookMs, configuration: null };
}

function generationSteps(generation: number, observed: Observed): readonly PlannedStep[] {
  if (observed.dbState?.Generation === generation) return [];
  return because("the assignment is fulfilled", { kind: "saveGeneration", generation });
}

interface FileSteps {
  readonly steps: readonly PlannedStep[];
  readonly parametersChanged: boolean;
  readonly hbaChanged: boolean;
}

function fileSteps(question: PlanQuestion, facts: RunningFacts, opening: boolean): FileSteps {
  const { observed } = question;
  const { directory, memory } = observed;
  const wanted = wantedConfiguration({
    ...question,
    holdClients: memory.clientsHeld && !opening,
    minimumParameters: question.goal.source === null ? {} : directory.control?.minimumParameters ?? {},
  });
  const settled = [memory.badConfiguration, memory.prunedConfiguration].includes(wanted.configuration);
  const isWritten = directory.configuration === wanted.configuration;
  const pruned = isWritten && isKeptFromApplying(wanted.parameters, facts);
  const parametersChanged = pruned || (!isWritten && !settled);
  const hbaChanged = directory.hba !== wanted.hba;
  const steps: Step[] = [];
  if (parametersChanged) {
    steps.push({
      kind: "writeConfiguration",
      parameters: pruned ? without(wanted.parameters, facts.refusedParameters) : wanted.parameters,
      prunedFrom: pruned ? wanted.configuration : null,
    });
  }
  if (hbaChanged) steps.push({ kind: "writeHba", lines: wanted.hbaLines });
  if (opening) steps.push({ kind: "openToClients" });
  if (parametersChanged || hbaChanged || memory.reloadPending) steps.push({ kind: "reloadServer" });
  const reason = opening
    ? "the synchronous standbys have caught up"
    : pruned
    ? `PostgreSQL refuses ${facts.refusedParameters.join(", ")} and with it what it must apply`
    : "the files differ from what is wanted";
  return { steps: because(reason, ...steps), parametersChanged, hbaChanged };
}

/** A parameter that PostgreSQL does not know must not keep it from waiting for its synchronous standbys, say. */
function isKeptFromApplying(wanted: Parameters, facts: RunningFacts): boolean {
  if (facts.refusedParameters.length === 0) return false;
  return Object.entries(facts.appliedParameters).some(([name, value]) => value !== (wanted[name] ?? ""));
}

function without(parameters: Parameters, names: readonly string[]): Parameters {
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => !names.includes(name)));
}

function caughtUp({ goal }: PlanQuestion, facts: RunningFacts): boolean {
  return sameValue([...goal.db.spec.synchronousStandbys ?? []].sort(), [...facts.inSync].sort());
}
