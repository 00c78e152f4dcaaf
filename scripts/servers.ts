/**
 * The servers that the demo and the tests run: found where they are installed, otherwise fetched. Quick when nothing is
 * missing. Everything is left as it was found: no service is started, no port taken.
 */
import { aptInstall, aptUnpack, SetupError } from "./apt.ts";

/** PostgreSQL versions that the keeper can run. */
export const OLDEST_POSTGRES = 13;
export const NEWEST_POSTGRES = 18;

export interface Postgres {
  /** Where `postgres`, `initdb` and the others are. */
  readonly binDir: string;
  /** Major version. */
  readonly version: number;
}

export interface Etcd {
  /** Paths of the two programs. */
  readonly etcd: string;
  readonly etcdctl: string;
}

/**
 * PostgreSQL's programs: those that PG_BIN names, else on PATH, else the newest supported version where distributions put
 * them, else installed.
 * @throws {SetupError} when there is none and it cannot be installed, or PG_BIN names none
 */
export async function ensurePostgres(): Promise<Postgres> {
  const named = Deno.env.get("PG_BIN") ?? "";
  if (named !== "") return await postgresIn(named);
  const found = await findPostgres();
  if (found !== undefined) return found;
  await aptInstall(["postgresql"], "PostgreSQL");
  const installed = await findPostgres();
  if (installed !== undefined) return installed;
  throw new SetupError(
    `the installed PostgreSQL is none of versions ${OLDEST_POSTGRES} to ${NEWEST_POSTGRES}: install one of those`,
  );
}

/**
 * etcd and its command line client: on PATH, else unpacked into the user's cache.
 * @throws {SetupError} when they are missing and cannot be fetched
 */
export async function ensureEtcd(): Promise<Etcd> {
  const cache = cacheDirectory("etcd");
  const directories = [...pathDirectories(), `${cache}/usr/bin`];
  const find = async (): Promise<Etcd | undefined> => {
    const etcd = await findProgram("etcd", directories);
    const etcdctl = await findProgram("etcdctl", directories);
    return etcd === undefined || etcdctl === undefined ? undefined : { etcd, etcdctl };
  };
  const found = await find();
  if (found !== undefined) return found;
  await aptUnpack(["etcd-server", "etcd-client"], { what: "etcd", directory: cache });
  const fetched = await find();
  if (fetched !== undefined) return fetched;
  throw new SetupError(
    `etcd was unpacked into ${cache}, but the programs are not there: install etcd yourself`,
  );
}

/**
 * Path of HAProxy's program.
 * @throws {SetupError} when it is missing and cannot be installed
 */
export async function ensureHaproxy(): Promise<string> {
  const directories = [...pathDirectories(), "/usr/local/sbin", "/usr/sbin"];
  const found = await findProgram("haproxy", directories);
  if (found !== undefined) return found;
  await aptInstall(["haproxy"], "HAProxy");
  const installed = await findProgram("haproxy", directories);
  if (installed !== undefined) return installed;
  throw new SetupError("HAProxy was installed, but there is no program haproxy on PATH or in /usr/sbin");
}

async function postgresIn(binDir: string): Promise<Postgres> {
  const version = await postgresVersion(binDir);
  if (version !== undefined) return { binDir, version };
  throw new SetupError(
    `PG_BIN names ${binDir}, which holds no PostgreSQL of versions ${OLDEST_POSTGRES} to ${NEWEST_POSTGRES} with all of ` +
      "its programs: correct it, or leave it out",
  );
}

async function findPostgres(): Promise<Postgres | undefined> {
  for (const binDir of [...pathDirectories(), ...await distributionDirectories()]) {
    const version = await postgresVersion(binDir);
    if (version !== undefined) return { binDir, version };
  }
  return undefined;
}

/** Newest first, supported versions only. */
async function distributionDirectories(): Promise<string[]> {
  const candidates: string[] = [];
  for (let version = NEWEST_POSTGRES; version >= OLDEST_POSTGRES; version--) {
    candidates.push(`/usr/lib/postgresql/${version}/bin`, `/usr/pgsql-${version}/bin`);
  }
  const present = await Promise.all(candidates.map((directory) => isThere(directory)));
  return candidates.filter((_, index) => present[index]);
}

/** Undefined when a program is missing there or the version is not supported. */
async function postgresVersion(binDir: string): Promise<number | undefined> {
  for (const program of ["postgres", "initdb", "pg_ctl", "pg_basebackup", "pg_rewind", "pg_controldata"]) {
    if (!await isThere(`${binDir}/${program}`)) return undefined;
  }
  const { stdout, success } = await new Deno.Command(`${binDir}/postgres`, { args: ["--version"] }).output();
  const version = Number(/\b(\d+)(?:\.\d+|devel|beta\d+|rc\d+)/.exec(new TextDecoder().decode(stdout))?.[1]);
  return success && version >= OLDEST_POSTGRES && version <= NEWEST_POSTGRES ? version : undefined;
}

/** Path of the first of these directories' programs of that name. */
export async function findProgram(name: string, directories: readonly string[]): Promise<string | undefined> {
  for (const directory of directories) {
    if (await isThere(`${directory}/${name}`)) return `${directory}/${name}`;
  }
  return undefined;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    // A directory of PATH that this user may not enter has nothing that this user could run.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) return false;
    if (error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

/** Absolute directories of PATH. */
export function pathDirectories(): string[] {
  return (Deno.env.get("PATH") ?? "").split(":").filter((directory) => directory.startsWith("/"));
}

/** Where fetched programs are kept: of this user, so that nobody else can put programs there. */
export function cacheDirectory(name: string): string {
  const home = Deno.env.get("HOME");
  const cache = Deno.env.get("XDG_CACHE_HOME") || (home ? `${home}/.cache` : undefined);
  return cache === undefined ? `${Deno.cwd()}/node_modules/.stolon/${name}` : `${cache}/stolon-deno/${name}`;
}
