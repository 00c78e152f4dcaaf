/**
 * `deno task compile`: one executable per program, with the permissions of its set in deno.json baked in. An executable
 * can't be narrowed when it is started, so what its set leaves out and it will need is named here.
 */
import { basename, dirname } from "node:path";
import {
  AnsweredError,
  type ParsedFlags,
  parseFlags,
  type ProgramDefinition,
} from "../common/command_line.ts";
import { UsageError } from "../common/errors.ts";
import { attempt, say } from "./apt.ts";
import { compileArguments, type CompilePlan } from "./compile_arguments.ts";
import { PROGRAM_NAMES } from "./programs.ts";
import { type Role, ROLES } from "./role_permissions.ts";

const DEFINITION: ProgramDefinition = {
  name: "deno task compile",
  envPrefix: "STOLON_COMPILE_",
  summary: "Makes the executables stolon-keeper, stolon-sentinel, stolon-proxy and stolonctl.",
  flags: [
    {
      name: "output",
      kind: "string",
      default: "dist",
      placeholder: "directory",
      description: "where to put them",
    },
    {
      name: "target",
      kind: "string",
      placeholder: "triple",
      description: "platform to compile for, such as aarch64-unknown-linux-gnu (default: this machine's)",
    },
    {
      name: "read",
      kind: "string",
      default: "/etc/stolon",
      placeholder: "paths",
      description: "what sentinels and proxies may read (certificates, specifications), comma separated",
    },
    {
      name: "sqlite",
      kind: "string",
      placeholder: "path",
      description: "SQLite store that all of them may read and write",
    },
    {
      name: "pg-bin-path",
      kind: "string",
      placeholder: "directory",
      description: "PostgreSQL's programs, where they won't be on the PATH of the keeper",
    },
    { name: "only", kind: "string", placeholder: "roles", description: `some of ${ROLES.join(",")}` },
  ],
  examples: [
    "deno task compile",
    "deno task compile --target aarch64-unknown-linux-gnu --read /etc/stolon,/etc/ssl/private/stolon",
    "DENORT_BIN=/opt/denort deno task compile",
  ],
};

/** The result of this run, as exit code. */
async function main(): Promise<number> {
  let flags: ParsedFlags;
  try {
    flags = parseFlags(DEFINITION, Deno.args);
  } catch (error) {
    if (error instanceof AnsweredError) return 0;
    if (!(error instanceof UsageError)) throw error;
    say(error.message);
    return 1;
  }
  const roles = ROLES.filter((role) => flags.string("only")?.split(",").includes(role) ?? true);
  await Deno.mkdir(flags.requiredString("output"), { recursive: true });
  for (const role of roles) {
    if (!await compile(role, flags)) return 1;
  }
  return 0;
}

async function compile(role: Role, flags: ParsedFlags): Promise<boolean> {
  const output = `${flags.requiredString("output")}/${PROGRAM_NAMES[role]}`;
  const plan: CompilePlan = {
    role,
    output,
    target: flags.string("target"),
    read: flags.requiredString("read").split(","),
    sqlite: flags.string("sqlite"),
    pgBinPath: flags.string("pg-bin-path"),
    exclude: await dataTakenForCode(),
  };
  const { ok, text } = await attempt(Deno.execPath(), compileArguments(plan));
  if (!ok) await removeUnfinished(output);
  say(ok ? output : explain(text, plan.target));
  return ok;
}

async function removeUnfinished(output: string): Promise<void> {
  const directory = dirname(output);
  for await (const entry of Deno.readDir(directory)) {
    if (entry.name.startsWith(`${basename(output)}.tmp-`)) await Deno.remove(`${directory}/${entry.name}`);
  }
}

/**
 * Test data of a package, lists of numbers in files without an extension: the compiler reads them as one expression and
 * runs out of stack.
 */
async function dataTakenForCode(): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir("node_modules/.deno")) {
    if (/^bintrees@/.test(entry.name)) {
      found.push(`node_modules/.deno/${entry.name}/node_modules/bintrees/test`);
    }
  }
  return found;
}

function explain(text: string, target: string | undefined): string {
  const reasons = text.replace(/\s*Stack backtrace:[^]*$/, "");
  if (!/dl\.deno\.land|denort/i.test(text)) return `the executable could not be made:\n${reasons}`;
  return `the runtime that goes into executables could not be fetched: fetch ` +
    `https://dl.deno.land/release/v${Deno.version.deno}/denort-${
      target ?? Deno.build.target
    }.zip where that is ` +
    `possible, unpack it, and run this again with DENORT_BIN=/path/to/denort; or use "deno task install", which needs ` +
    `no such runtime\n${reasons}`;
}

Deno.exit(await main());
