/**
 * Writes `docs/options.md` from the programs' own definitions: `deno run -A scripts/options_page.ts`. A test compares, so
 * that the page can't fall behind.
 */
import { SPEC_DEFAULTS } from "../cluster/spec_defaults.ts";
import {
  type CommandDefinition,
  type FlagDefinition,
  type ProgramDefinition,
  variableName,
} from "../common/command_line.ts";
import { COMMON_FLAGS } from "../common/common_flags.ts";
import { PROGRAM as CTL } from "../ctl/program.ts";
import { KEEPER_PROGRAM } from "../keeper/start/keeper_flags.ts";
import { PROXY_PROGRAM } from "../proxy/proxy_flags.ts";
import { SENTINEL_PROGRAM } from "../sentinel/start.ts";
import { SPEC_MEANINGS } from "./spec_meanings.ts";

/** The page. */
export function optionsPage(): string {
  return [
    "<!-- Written by scripts/options_page.ts: change the definitions in the code, then run it. -->",
    "# Options",
    INTRODUCTION,
    "## What all four programs take",
    flagTable(COMMON_FLAGS, "ST..._"),
    ...[KEEPER_PROGRAM, SENTINEL_PROGRAM, PROXY_PROGRAM].map(programSection),
    "## stolonctl",
    CTL.summary,
    ...(CTL.commands ?? []).map(commandSection),
    "## The cluster specification",
    SPEC_INTRODUCTION,
    specTable(),
    "",
  ].join("\n\n").trimEnd() + "\n";
}

const INTRODUCTION =
  `Every flag is given as \`--name value\` or \`--name=value\`, or as an environment variable: the program's prefix
(\`STKEEPER_\`, \`STSENTINEL_\`, \`STPROXY_\`, \`STOLONCTL_\`) and the name in capitals with underscores. The flag wins; an empty
variable counts as unset. \`--help\` of each program shows the same. A wrong flag or value ends the program with one line on
stderr and exit code 1.

Not shown: \`--kube-resource-kind\`, \`--kubeconfig\`, \`--kube-context\`, \`--kube-namespace\`, \`--id\` and \`--debug\`, which are accepted
so that command lines made for Stolon go on working.`;

const SPEC_INTRODUCTION =
  `A JSON object, given to \`stolonctl init\` and changed by \`stolonctl update\`. What is left out takes its default when it is
used. Durations are written as \`5s\`, \`1m30s\`, \`500ms\`. \`stolonctl spec --defaults\` shows what holds.`;

function programSection(program: ProgramDefinition): string {
  const common = new Set(COMMON_FLAGS.map(({ name }) => name));
  const own = program.flags.filter(({ name }) => !common.has(name));
  return [`## ${program.name}`, program.summary, flagTable(own, program.envPrefix)].join("\n\n");
}

function commandSection(command: CommandDefinition): string {
  const words = (command.arguments ?? []).map(({ name, required }) =>
    required ? ` ${name.toUpperCase()}` : ` [${name.toUpperCase()}]`
  );
  const parts = [`### stolonctl ${command.name}${words.join("")}`, `${sentence(command.summary)}`];
  if (command.flags !== undefined && command.flags.length > 0) {
    parts.push(flagTable(command.flags, CTL.envPrefix));
  }
  if (command.examples !== undefined) parts.push(["```sh", ...command.examples, "```"].join("\n"));
  return parts.join("\n\n");
}

function flagTable(flags: readonly FlagDefinition[], envPrefix: string): string {
  const rows = flags.filter(({ hidden }) => !hidden).map((flag) => {
    const short = flag.short === undefined ? "" : `, \`-${flag.short}\``;
    const notes = flag.required ? "required" : flag.default === undefined ? "" : `\`${flag.default}\``;
    return `| \`--${flag.name}\`${short} | \`${variableName(flag.name, envPrefix)}\` | ${notes} | ${
      cell(flag.description)
    } |`;
  });
  return ["| flag | variable | default | meaning |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function specTable(): string {
  const defaults: Readonly<Record<string, unknown>> = SPEC_DEFAULTS;
  const rows = Object.entries(SPEC_MEANINGS).map(([name, meaning]) => {
    const value = defaults[name];
    return `| \`${name}\` | ${value === undefined ? "" : `\`${value}\``} | ${cell(meaning)} |`;
  });
  return ["| option | default | meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

if (import.meta.main) await Deno.writeTextFile(new URL("../docs/options.md", import.meta.url), optionsPage());
