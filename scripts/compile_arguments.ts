/** The command line of `deno compile` for one program. */
import { KEEPER_PROGRAMS, type Role, RUNTIME_FLAGS } from "./role_permissions.ts";

export interface CompilePlan {
  readonly role: Role;
  /** Path of the executable. */
  readonly output: string;
  /** Undefined: this machine's platform. */
  readonly target: string | undefined;
  /** What a program may read whose set names nothing but the dependencies, which an executable carries along. */
  readonly read: readonly string[];
  /** Path of a SQLite store. */
  readonly sqlite: string | undefined;
  /** Directory of PostgreSQL's programs, in addition to PATH. */
  readonly pgBinPath: string | undefined;
  /** What is not to be carried along. */
  readonly exclude: readonly string[];
}

/** The proxy's threads are started from a file that nothing imports. */
const INCLUDED: Readonly<Record<Role, readonly string[]>> = {
  keeper: [],
  sentinel: [],
  proxy: ["proxy/lane/worker.ts"],
  ctl: [],
};

/** Arguments for Deno; they replace kinds of the role's permission set where the executable needs other ones. */
export function compileArguments(plan: CompilePlan): string[] {
  const { role } = plan;
  return [
    "compile",
    "-q",
    // The repository's gate checks types.
    "--no-check",
    "--no-prompt",
    "--frozen",
    ...plan.exclude.flatMap((path) => ["--exclude", path]),
    ...INCLUDED[role].flatMap((path) => ["--include", path]),
    ...RUNTIME_FLAGS[role],
    ...plan.target === undefined ? [] : ["--target", plan.target],
    `-P=${role}`,
    ...permissionFlags(plan),
    "--output",
    plan.output,
    `${role}/main.ts`,
  ];
}

function permissionFlags({ role, read, sqlite, pgBinPath }: CompilePlan): string[] {
  const flags: string[] = [];
  const readsListed = role === "sentinel" || role === "proxy";
  const store = sqlite === undefined ? [] : [sqlite, `${sqlite}-wal`, `${sqlite}-shm`, `${sqlite}-journal`];
  if (readsListed) flags.push(`--allow-read=${[...read, ...store].join(",")}`);
  if (role !== "keeper" && store.length > 0) flags.push(`--allow-write=${store.join(",")}`);
  if (role === "keeper" && pgBinPath !== undefined) {
    const programs = KEEPER_PROGRAMS.flatMap((name) => [name, `${pgBinPath}/${name}`]);
    flags.push(`--allow-run=${[...programs, "sh", "/bin/sh"].join(",")}`);
  }
  return flags;
}
