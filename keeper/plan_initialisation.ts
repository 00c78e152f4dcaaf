// This module is pure.
/** How the directory becomes the instance of a db that it is not yet: the assignment's `initMode` says what is allowed. */
import {
  because,
  bringBackOrCopy,
  doAndLook,
  type PlanQuestion,
  waitFor,
  waitForOperator,
} from "./plan_parts.ts";
import { planResync } from "./plan_resync.ts";
import { targetedRecoveryParameters } from "./postgres/recovery_parameters.ts";
import type { Plan, PlannedStep } from "./steps.ts";
import { wantedConfiguration } from "./wanted_configuration.ts";

/** Plans for an instance that does not belong to the assigned db. */
export function planInitialisation(question: PlanQuestion): Plan {
  const { initMode } = question.goal.db.spec;
  const { pauseMs } = question.observed.memory;
  if (initMode === "none") {
    return waitForOperator(foreignDirectory(question), bringBackOrCopy(question.goal.db.spec.keeperUID));
  }
  if (pauseMs > 0) return waitFor("the last attempt failed, and the next one is not due yet", pauseMs);
  if (initMode === "resync") return planResync(question);
  if (question.observed.server.kind !== "stopped") {
    const reason = `PostgreSQL of another db runs, and db ${question.goal.db.uid} is to be initialised`;
    return doAndLook(because(reason, { kind: "stopServer" }));
  }
  if (initMode === "existing") return planExisting(question);
  return doAndLook(initMode === "new" ? newInstance(question) : restoredInstance(question));
}

function foreignDirectory({ goal, observed }: PlanQuestion): string {
  const found = observed.dbState === null || observed.dbState.UID === ""
    ? "belongs to no db"
    : observed.dbState.Initializing
    ? `holds an unfinished initialisation of db ${observed.dbState.UID}`
    : `belongs to db ${observed.dbState.UID}`;
  return `the data directory ${found}, but db ${goal.db.uid} is assigned and already initialised: ` +
    `the data directory was changed from outside; nothing is touched`;
}

function newInstance(question: PlanQuestion): readonly PlannedStep[] {
  const { db } = question.goal;
  return because(
    `db ${db.uid} is to be a new instance`,
    { kind: "beginInitialisation" },
    { kind: "clearDirectory" },
    { kind: "runInitdb", newConfig: db.spec.newConfig },
    { kind: "startForSetup", recovery: "none", parameters: {}, keepsAutoConf: false },
    ...(db.spec.includePreviousConfig ? [{ kind: "takeOverParameters" } as const] : []),
    { kind: "setUpRoles" },
    { kind: "stopServer" },
    { kind: "completeInitialisation" },
  );
}

function planExisting(question: PlanQuestion): Plan {
  const { db } = question.goal;
  const { directory } = question.observed;
  const isStandby = directory.standbySignal || directory.recoverySignal;
  if (directory.kind !== "instance") {
    return waitFor(
      `db ${db.uid} is to take over an existing instance, but the data directory holds none`,
      null,
    );
  }
  return doAndLook(because(
    `db ${db.uid} takes over the instance that is there`,
    { kind: "keepOriginalFiles" },
    { kind: "startForSetup", recovery: isStandby ? "standby" : "none", parameters: {}, keepsAutoConf: true },
    ...(db.spec.includePreviousConfig ? [{ kind: "takeOverParameters" } as const] : []),
    ...(isStandby ? [] : [{ kind: "setUpRoles" } as const]),
    { kind: "stopServer" },
    { kind: "completeInitialisation" },
  ));
}

function restoredInstance(question: PlanQuestion): readonly PlannedStep[] {
  const { db, spec } = question.goal;
  const config = db.spec.pitrConfig;
  const standby = db.spec.role === "standby";
  const recovery = standby
    ? wantedConfiguration({ ...question, holdClients: true, minimumParameters: {} }).parameters
    : targetedRecoveryParameters(
      config?.archiveRecoverySettings ?? null,
      config?.recoveryTargetSettings ?? null,
    );
  return because(
    `db ${db.uid} is to be restored from a backup`,
    { kind: "beginInitialisation" },
    { kind: "clearDirectory" },
    { kind: "restoreBackup", command: config?.dataRestoreCommand ?? "" },
    { kind: "writeSignals", standby, recovery: !standby },
    {
      kind: "startForSetup",
      recovery: standby ? "standby" : "target",
      parameters: recovery,
      keepsAutoConf: false,
    },
    { kind: "awaitRecoveryEnd", standby, limitMs: spec.syncTimeoutMs },
    ...(db.spec.includePreviousConfig ? [{ kind: "takeOverParameters" } as const] : []),
    ...(standby ? [] : [{ kind: "setUpRoles" } as const]),
    { kind: "stopServer" },
    { kind: "completeInitialisation" },
  );
}
