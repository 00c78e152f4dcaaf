/**
 * Runs one scenario: a text of comments, commands and the output that each command is expected to have (indented by two
 * spaces). The outcome is the same text with the real output, so that a difference reads like a review.
 */
import { COMMANDS, ScenarioError } from "./commands.ts";
import { type Told, World } from "./world.ts";

/** The scenario with the output that it really has. */
export function runScenario(text: string): string {
  const world = new World();
  const options = { facts: false };
  const lines = text.split("\n").filter((line) => !line.startsWith("  "));
  return lines.flatMap((line, index) => {
    if (line.trim() === "" || line.startsWith("#")) return [line];
    return [line, ...output(line, { world, options, number: index + 1 })];
  }).join("\n");
}

interface Run {
  readonly world: World;
  readonly options: { facts: boolean };
  readonly number: number;
}

function output(line: string, run: Run): string[] {
  const { world, options, number } = run;
  const [name = "", ...words] = line.trim().split(/\s+/);
  if (name === "quietly") {
    output(words.join(" "), run);
    return [];
  }
  if (name === "facts") {
    options.facts = words[0] === "on";
    return [];
  }
  const command = COMMANDS[name];
  if (command === undefined) throw new ScenarioError(`line ${number}: unknown command "${name}"`);
  world.told = [];
  const printed = command(world, words) ?? [];
  return [...world.told.flatMap((told) => tell(told, options.facts)), ...printed.map((text) => `  ${text}`)];
}

function tell({ atMs, sentinel, event }: Told, facts: boolean): string[] {
  const who = sentinel === "s1" ? "" : `${sentinel} `;
  const level = event.level === "info" ? "" : `${event.level.toUpperCase()} `;
  const wait = event.kind === "waiting" ? "... " : "";
  const first = `  ${atMs / 1000}s ${who}[${event.rule}] ${level}${wait}${event.reason}`;
  if (!facts || Object.keys(event.facts).length === 0) return [first];
  return [
    first,
    ...JSON.stringify(event.facts, null, 2).split("\n").slice(1, -1).map((text) => `      ${text}`),
  ];
}
