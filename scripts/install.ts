/**
 * `deno task install --prefix DIR`: the programs as commands in DIR/bin, for where compiling isn't wanted. Program and
 * runtime are copied to DIR/lib/stolon, so that neither this folder nor a cache is needed any more, and any user can run
 * them. Each command becomes the program: same pid, signals, exit codes and arguments.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import {
  AnsweredError,
  type ParsedFlags,
  parseFlags,
  type ProgramDefinition,
} from "../common/command_line.ts";
import { UsageError } from "../common/errors.ts";
import { attempt, say, SetupError } from "./apt.ts";
import { PROGRAM_NAMES } from "./programs.ts";
import { ROLES } from "./role_permissions.ts";
import { ensureDependencies } from "./setup.ts";

const DEFINITION: ProgramDefinition = {
  name: "deno task install",
  envPrefix: "STOLON_INSTALL_",
  summary: "Installs the commands stolon-keeper, stolon-sentinel, stolon-proxy and stolonctl.",
  flags: [
    {
      name: "prefix",
      kind: "string",
      required: true,
      placeholder: "directory",
      description: "absolute; the commands go to its bin, everything else to its lib/stolon",
    },
    {
      name: "deno",
      kind: "string",
      placeholder: "path",
      description: "run with this Deno instead of a copy of the one that installs",
    },
  ],
  examples: [
    "sudo deno task install --prefix /usr/local",
    "deno task install --prefix ~/.local --deno /usr/bin/deno",
  ],
};

/** What runs; tests, demo and documentation stay behind. */
const PARTS = [
  "cluster",
  "common",
  "store",
  "keeper",
  "sentinel",
  "proxy",
  "ctl",
  "scripts",
  "deno.json",
  "deno.lock",
];

async function main(): Promise<number> {
  try {
    await install(parseFlags(DEFINITION, Deno.args));
    return 0;
  } catch (error) {
    if (error instanceof AnsweredError) return 0;
    if (!(error instanceof UsageError || error instanceof SetupError)) throw error;
    say(error.message);
    return 1;
  }
}

async function install(flags: ParsedFlags): Promise<void> {
  const prefix = flags.requiredString("prefix").replace(/\/+$/, "");
  if (!prefix.startsWith("/")) throw new UsageError(`--prefix must be absolute, not "${prefix}"`);
  await ensureDependencies();
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const library = `${prefix}/lib/stolon`;
  const fresh = `${library}.new`;
  await run(["rm", "-rf", fresh]);
  await run(["mkdir", "-p", fresh, `${prefix}/bin`]);
  await run(["cp", "-RP", ...[...PARTS, "node_modules"].map((part) => `${root}/${part}`), fresh]);
  await removeTests(fresh);
  const deno = flags.string("deno") ?? `${library}/deno`;
  if (flags.string("deno") === undefined) await run(["cp", Deno.execPath(), `${fresh}/deno`]);
  await run(["chmod", "-R", "u+w,a+rX", fresh]);
  await replaceDirectory(library, fresh);
  for (const role of ROLES) {
    await writeLauncher(`${prefix}/bin/${PROGRAM_NAMES[role]}`, { library, deno, role });
  }
  say(`installed ${ROLES.map((role) => PROGRAM_NAMES[role]).join(", ")} in ${prefix}/bin`);
}

/** Programs that run have loaded everything and aren't disturbed. */
async function replaceDirectory(path: string, fresh: string): Promise<void> {
  await run(["rm", "-rf", `${path}.old`]);
  await run(["sh", "-c", 'if [ -e "$1" ]; then mv "$1" "$1.old"; fi && mv "$2" "$1"', "sh", path, fresh]);
  await run(["rm", "-rf", `${path}.old`]);
}

async function removeTests(directory: string): Promise<void> {
  await run([
    "find",
    directory,
    "-path",
    "*/node_modules",
    "-prune",
    "-o",
    "-name",
    "*_test.ts",
    "-exec",
    "rm",
    "{}",
    "+",
  ]);
}

async function writeLauncher(
  path: string,
  { library, deno, role }: { readonly library: string; readonly deno: string; readonly role: string },
): Promise<void> {
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const lines = [
    "#!/bin/sh",
    '# Installed by "deno task install". Relative paths in flags start where this is called.',
    "unset INIT_CWD",
    `exec sh ${quote(`${library}/scripts/role`)} ${quote(deno)} ${role} "$@"`,
    "",
  ];
  try {
    await Deno.writeTextFile(`${path}.new`, lines.join("\n"), { mode: 0o755 });
    await Deno.chmod(`${path}.new`, 0o755);
    await Deno.rename(`${path}.new`, path);
  } catch (cause) {
    throw new SetupError(`cannot write ${path}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}

async function run([program = "", ...args]: readonly string[]): Promise<void> {
  const { ok, tail } = await attempt(program, args);
  if (!ok) {
    throw new SetupError(`not installed; "${program} ${args.slice(0, 3).join(" ")} ..." failed:\n${tail}`);
  }
}

Deno.exit(await main());
