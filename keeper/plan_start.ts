// This module is pure.
/** Starting the instance in its role: files first, since PostgreSQL reads them once. */
import { because, type PlanQuestion } from "./plan_parts.ts";
import type { PlannedStep, Step } from "./steps.ts";
import { wantedConfiguration } from "./wanted_configuration.ts";

/** Writes what a start needs and starts. The instance must be stopped. */
export function startSteps(question: PlanQuestion, reason: string): readonly PlannedStep[] {
  const { goal, observed } = question;
  const { directory, memory } = observed;
  const startsAsStandby = goal.source !== null || directory.standbySignal || directory.recoverySignal;
  const holdsClients = !startsAsStandby && mustHoldClients(question);
  const wanted = wantedConfiguration({
    ...question,
    holdClients: holdsClients,
    minimumParameters: startsAsStandby ? directory.control?.minimumParameters ?? {} : {},
  });
  const useGood = memory.badConfiguration === wanted.configuration && memory.goodConfiguration !== null;
  const configuration: Step = useGood
    ? { kind: "restoreGoodConfiguration" }
    : { kind: "writeConfiguration", parameters: wanted.parameters };
  return because(
    useGood ? `${reason}; PostgreSQL does not start with the wanted configuration` : reason,
    { kind: "writeSignals", standby: startsAsStandby, recovery: false },
    configuration,
    { kind: "writeHba", lines: wanted.hbaLines },
    { kind: "startServer", holdsClients },
  );
}

/**
 * A primary that was down shows commits which no standby ever confirmed (the wait for them lived in the memory of a
 * backend): clients must not see them before the required standbys have them.
 */
function mustHoldClients({ goal }: PlanQuestion): boolean {
  const { synchronousReplication, synchronousStandbys } = goal.db.spec;
  return synchronousReplication && (synchronousStandbys ?? []).length > 0;
}
