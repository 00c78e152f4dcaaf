// This module is pure.
/** Starting the instance in its role: files first, since PostgreSQL reads them once. */
import { because, type PlanQuestion } from "./plan_parts.ts";
import { isManagedName, type Parameters } from "./postgres/configuration.ts";
import type { PlannedStep } from "./steps.ts";
import { wantedConfiguration } from "./wanted_configuration.ts";

/** Writes what a start needs and starts. The instance must be stopped. */
export function startSteps(question: PlanQuestion, reason: string): readonly PlannedStep[] {
  const { goal, observed } = question;
  const { directory, memory } = observed;
  const startsAsStandby = goal.source !== null || directory.standbySignal || directory.recoverySignal;
  const holdsClients = !startsAsStandby && mustHoldClients(question);
  const wanted = wantedConfiguration({
    ...question,
    // A running server says which of the user's lines it refuses: they follow as soon as it has started without them.
    holdClients: holdsClients || memory.hbaInDoubt,
    minimumParameters: startsAsStandby ? directory.control?.minimumParameters ?? {} : {},
  });
  const { goodParameters } = memory;
  const useGood = memory.badConfiguration === wanted.configuration && goodParameters !== null;
  return because(
    useGood ? `${reason}; PostgreSQL does not start with the wanted configuration` : reason,
    { kind: "writeSignals", standby: startsAsStandby, recovery: false },
    {
      kind: "writeConfiguration",
      prunedFrom: null,
      parameters: useGood ? withManaged(goodParameters, wanted.parameters) : wanted.parameters,
    },
    { kind: "writeHba", lines: wanted.hbaLines },
    { kind: "startServer", holdsClients },
  );
}

/** The user's parameters of old, and what the keeper manages as it has to be now. */
function withManaged(good: Parameters, wanted: Parameters): Parameters {
  const own = Object.entries(wanted).filter(([name]) => isManagedName(name));
  const others = Object.entries(good).filter(([name]) => !isManagedName(name));
  return Object.fromEntries([...others, ...own]);
}

/**
 * A primary that was down shows commits which no standby ever confirmed (the wait for them lived in the memory of a
 * backend): clients must not see them before the required standbys have them.
 */
function mustHoldClients({ goal }: PlanQuestion): boolean {
  const { synchronousReplication, synchronousStandbys } = goal.db.spec;
  return synchronousReplication && (synchronousStandbys ?? []).length > 0;
}
