/**
 * Which permissions a role needs for the flags it was given. `deno.json` says which kinds of thing a role may do at
 * all; here each kind that can be narrowed is replaced by the very paths, programs and addresses of the flags. The
 * decision takes everything as arguments, so that its test needs no process.
 */
import { filePath } from "../store/sqlite/file_path.ts";
import { type FlagLookup, flagLookup } from "./role_flags.ts";
import { listenGrants, storeAddressGrants } from "./role_addresses.ts";

export const ROLES = ["keeper", "sentinel", "proxy", "ctl"] as const;
export type Role = typeof ROLES[number];

/** The command to be started, and what is known of the machine. */
export interface RoleCommand {
  readonly role: Role;
  readonly args: readonly string[];
  readonly env: (name: string) => string | undefined;
  /** Absolute; relative paths in flags start here. */
  readonly cwd: string;
  /** Absolute path of the project: its `node_modules` is what every role reads, and its code what a proxy's threads load. */
  readonly root: string;
  /** Undefined where the platform has no user ids. */
  readonly uid: number | undefined;
  /** The file's own path with all links followed; undefined if it does not exist. */
  readonly realPath: (path: string) => string | undefined;
}

/** Kinds to replace, with the items allowed. An empty list denies the kind as a whole. */
export type Grants = Readonly<Partial<Record<"read" | "write" | "net" | "run" | "sys", readonly string[]>>>;

/** A path or a name that cannot be granted. The message is one line for the operator. */
export class GrantError extends Error {
  override readonly name = "GrantError";
}

/** Flags that name a file which the role reads. */
const READ_FLAGS: Readonly<Record<Role, readonly string[]>> = {
  keeper: ["pg-su-passwordfile", "pg-repl-passwordfile"],
  sentinel: ["initial-cluster-spec"],
  proxy: [],
  ctl: ["file", "f", "register-cert-file", "register-key", "register-ca-file"],
};
/** Code that a role loads when it is running already: the proxy starts threads, whose modules are read one by one. */
const LOADED_CODE: Readonly<Record<Role, readonly string[]>> = {
  keeper: [],
  sentinel: [],
  proxy: ["proxy", "cluster", "common"],
  ctl: [],
};
/**
 * Further flags of `deno run` and `deno compile`. A proxy shares its processors with PostgreSQL: V8's helper threads for
 * compiling and collecting cost it more than they give. Its garbage is young: a small space for it saves memory.
 */
export const RUNTIME_FLAGS: Readonly<Record<Role, readonly string[]>> = {
  keeper: [],
  sentinel: [],
  proxy: ["--v8-flags=--single-threaded,--max-semi-space-size=1"],
  ctl: [],
};
const STORE_READ_FLAGS = ["store-cert-file", "store-key", "store-ca-file", "store-passwordfile"];

/** What a keeper starts: PostgreSQL's own programs, and a shell for restore commands and links. */
export const KEEPER_PROGRAMS = [
  "postgres",
  "initdb",
  "pg_ctl",
  "pg_basebackup",
  "pg_rewind",
  "pg_controldata",
  "pg_waldump",
  "pg_archivecleanup",
  "psql",
] as const;
const SHELLS = ["sh", "/bin/sh"];

/**
 * The narrowed permissions.
 * @throws {GrantError} for a path that Deno's permission flags cannot express
 */
export function roleGrants(command: RoleCommand): Grants {
  const flags = flagLookup(command.role, command);
  const sqlite = sqlitePaths(flags);
  const own = command.role === "keeper" ? keeperPaths(flags) : [];
  const files = [...STORE_READ_FLAGS, ...READ_FLAGS[command.role]].flatMap((name) => flags.values(name))
    .filter((value) => value !== "-" && value !== "");
  const paths = (list: readonly string[]) => unique(list.flatMap((path) => spellings(path, command)));
  const written = paths([...sqlite, ...own]);
  const code = ["node_modules", ...LOADED_CODE[command.role]].map((name) => `${command.root}/${name}`);
  const read = unique([...paths([...code, ...files]), ...written]);
  return checked({
    read,
    write: written,
    ...netGrants(command.role, flags),
    ...keeperGrants(command, flags),
  });
}

/** A keeper connects to the primaries that the store names, a proxy too: only the others' addresses are known now. */
function netGrants(role: Role, flags: FlagLookup): Grants {
  if (role === "keeper" || role === "proxy") return {};
  const metrics = flags.value("metrics-listen-address");
  return { net: unique([...storeAddressGrants(flags), ...(metrics ? listenGrants(metrics) : [])]) };
}

function keeperGrants(command: RoleCommand, flags: FlagLookup): Grants {
  if (command.role !== "keeper") return {};
  const directory = flags.value("pg-bin-path");
  const programs = directory
    ? KEEPER_PROGRAMS.flatMap((name) => spellings(`${directory}/${name}`, command))
    : KEEPER_PROGRAMS.flatMap((name) => [name, ...installedPaths(name, command)]);
  const run = unique([...programs, ...SHELLS]);
  // Only root can become PostgreSQL's user, and Deno has no finer name for that than all of `sys`.
  return command.uid === 0 ? { run } : { run, sys: ["uid", "gid", "hostname", "osUptime", "userInfo"] };
}

/** The data directory and the unix socket of the keeper's own PostgreSQL. */
function keeperPaths(flags: FlagLookup): string[] {
  const port = flags.value("pg-port") ?? "5432";
  const paths = [`/tmp/.s.PGSQL.${port}`];
  const dataDir = flags.value("data-dir");
  return dataDir ? [dataDir, ...paths] : paths;
}

function sqlitePaths(flags: FlagLookup): string[] {
  const endpoint = flags.value("store-endpoints");
  if (flags.value("store-backend") !== "sqlite" || !endpoint) return [];
  const path = filePath(endpoint);
  return [path, `${path}-wal`, `${path}-shm`, `${path}-journal`];
}

/** The programs of that name on PATH, under every name by which Deno may come to ask for them. */
function installedPaths(name: string, command: RoleCommand): string[] {
  const directories = (command.env("PATH") ?? "").split(":").filter((directory) => directory.startsWith("/"));
  const first = directories.map((directory) => `${directory}/${name}`).find((path) => command.realPath(path));
  return first === undefined ? [] : spellings(first, command);
}

/** The path made absolute and, where links lead elsewhere, the path behind them. */
function spellings(path: string, command: RoleCommand): string[] {
  const absolute = normalised(path.startsWith("/") ? path : `${command.cwd}/${path}`);
  const real = command.realPath(absolute);
  return real === undefined || real === absolute ? [absolute] : [absolute, real];
}

function normalised(path: string): string {
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") kept.pop();
    else if (part !== "" && part !== ".") kept.push(part);
  }
  return `/${kept.join("/")}`;
}

function checked(grants: Grants): Grants {
  for (const item of Object.values(grants).flat()) {
    if (item.includes(",")) {
      throw new GrantError(
        `"${item}" contains a comma, which Deno's permission flags cannot express: use another name`,
      );
    }
  }
  return grants;
}

function unique(items: readonly string[]): string[] {
  return [...new Set(items)];
}

/** The grants as flags of `deno run`, each quoted for a POSIX shell. They replace the kinds of the role's set. */
export function shellFlags(grants: Grants): string {
  return Object.entries(grants).map(([kind, items]) =>
    items.length === 0 ? `--deny-${kind}` : shellQuote(`--allow-${kind}=${items.join(",")}`)
  ).join(" ");
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
