// This module is pure.
/**
 * Scenarios of the keeper's plan: a line with a word and JSON changes the situation, the line `plan` asks for the plan, and
 * the indented lines below it are what comes out. Lines that begin with `#` are for people.
 */
import { planKeeper } from "../../../keeper/plan.ts";
import type { Plan, PlannedStep } from "../../../keeper/steps.ts";
import { wantedConfiguration } from "../../../keeper/wanted_configuration.ts";
import { QUIET, say, SETTINGS, type Situation } from "./situation.ts";

/** The scenario with its output as it comes out now. */
export function runScenario(text: string): string {
  let situation = QUIET;
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("  ")) continue;
    lines.push(line);
    if (line === "" || line.startsWith("#")) continue;
    const at = line.indexOf(" ");
    const word = at < 0 ? line : line.slice(0, at);
    if (word === "plan") lines.push(...planned(situation).map((output) => `  ${output}`));
    else if (word === "written") situation = withWrittenFiles(situation);
    else situation = say(situation, { word, value: JSON.parse(at < 0 ? "{}" : line.slice(at + 1)) });
  }
  return lines.join("\n");
}

/** The files on disk hold what is wanted now. */
function withWrittenFiles(situation: Situation): Situation {
  const { assignment, observed } = situation;
  if (assignment.kind !== "converge") return situation;
  const wanted = wantedConfiguration({
    goal: assignment.goal,
    settings: SETTINGS,
    observed,
    holdClients: observed.memory.clientsHeld,
    minimumParameters: assignment.goal.source === null
      ? {}
      : observed.directory.control?.minimumParameters ?? {},
  });
  const directory = { ...observed.directory, configuration: wanted.configuration, hba: wanted.hba };
  return { ...situation, observed: { ...observed, directory } };
}

function planned({ assignment, observed }: Situation): readonly string[] {
  const plan = planKeeper({ assignment, observed, settings: SETTINGS });
  const lines = plan.steps.map(stepLine);
  if (plan.lookAgain) lines.push("look again");
  if (plan.waitingFor !== null) lines.push(`wait: ${plan.waitingFor}${nextLook(plan)}`);
  else if (!plan.lookAgain) lines.push(`done${nextLook(plan)}`);
  return lines;
}

function nextLook({ nextLookMs }: Plan): string {
  return nextLookMs === null ? "" : ` (next look in ${nextLookMs} ms)`;
}

function stepLine({ step, reason }: PlannedStep): string {
  const { kind, ...rest } = step;
  const details = Object.entries(rest).flatMap(([name, value]) => detail(name, value));
  return `${[kind, ...details].join(" ")}: ${reason}`;
}

/** Long values are said shortly: what a file holds has its own tests. */
function detail(name: string, value: unknown): string[] {
  if (name === "parameters") return [];
  if (name === "lines") return [`(${(value as readonly string[]).length} lines)`];
  if (name === "source") return [];
  if (typeof value === "boolean") return value ? [name] : [];
  if (name === "prunedFrom") return value === null ? [] : ["pruned"];
  return value === null ? [] : [String(value)];
}
