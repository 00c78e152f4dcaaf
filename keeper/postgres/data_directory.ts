/** The data directory on disk: what is in it, emptying it, and the other volumes that its links lead to. */
import { writeFileAtomically } from "../state/atomic_file.ts";
import type { Instance } from "./instance.ts";

/** `empty`: also when it doesn't exist. `unknown`: something is there, but no `PG_VERSION` with a `global/pg_control`. */
export type DirectoryKind = "empty" | "unknown" | "instance";

/** One look, without running anything. */
export async function directoryKind(dataDirectory: string): Promise<DirectoryKind> {
  const names = await entryNames(dataDirectory);
  if (names.length === 0) return "empty";
  const complete = names.includes("PG_VERSION") && await exists(`${dataDirectory}/global/pg_control`);
  return complete ? "instance" : "unknown";
}

/**
 * Empties the data directory and the places that `pg_wal` and tablespace links lead to, and leaves it there with mode 0700;
 * makes it when it is missing. Where `pg_wal` was is remembered, so that the next instance puts it there again.
 * PostgreSQL must not run.
 */
export async function emptyDataDirectory(
  instance: Pick<Instance, "dataDirectory" | "workDirectory">,
): Promise<void> {
  const { dataDirectory } = instance;
  await Deno.mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  await Deno.chmod(dataDirectory, 0o700);
  await rememberWalDirectory(instance);
  // The links go last: an interrupted removal that begins anew finds what they lead to.
  await emptyTablespaces(dataDirectory);
  if (await isLink(`${dataDirectory}/pg_wal`)) await emptyThrough(`${dataDirectory}/pg_wal`);
  for (const name of await entryNames(dataDirectory)) {
    await Deno.remove(`${dataDirectory}/${name}`, { recursive: true });
  }
}

/** `--waldir` for `initdb` and `pg_basebackup` when the former instance's `pg_wal` was elsewhere; else nothing. */
export async function walDirectoryArguments(
  instance: Pick<Instance, "workDirectory">,
): Promise<readonly string[]> {
  try {
    return ["--waldir", await Deno.readTextFile(walDirectoryNote(instance))];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** True for a file, directory or working link. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function walDirectoryNote(instance: Pick<Instance, "workDirectory">): string {
  return `${instance.workDirectory}/pg_wal_location`;
}

async function rememberWalDirectory(
  instance: Pick<Instance, "dataDirectory" | "workDirectory">,
): Promise<void> {
  const link = `${instance.dataDirectory}/pg_wal`;
  if (await isLink(link)) writeFileAtomically(walDirectoryNote(instance), await Deno.readLink(link));
  // A directory of its own: the operator has brought it back.
  else if (await exists(link)) await Deno.remove(walDirectoryNote(instance)).catch(ignoreMissing);
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/** Other instances may share a tablespace's directory: only what PostgreSQL made for this one's version is removed. */
async function emptyTablespaces(dataDirectory: string): Promise<void> {
  const major = await majorVersion(dataDirectory);
  for (const name of await entryNames(`${dataDirectory}/pg_tblspc`)) {
    const link = `${dataDirectory}/pg_tblspc/${name}`;
    if (!await isLink(link)) continue;
    for (const inner of await entryNames(link)) {
      if (major === undefined ? inner.startsWith("PG_") : inner.startsWith(`PG_${major}_`)) {
        await Deno.remove(`${link}/${inner}`, { recursive: true });
      }
    }
  }
}

async function majorVersion(dataDirectory: string): Promise<string | undefined> {
  try {
    return (await Deno.readTextFile(`${dataDirectory}/PG_VERSION`)).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function emptyThrough(link: string): Promise<void> {
  for (const name of await entryNames(link)) await Deno.remove(`${link}/${name}`, { recursive: true });
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isSymlink;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Names in a directory, sorted; none when it is missing (or is a link that leads nowhere). */
async function entryNames(directory: string): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(directory)) names.push(entry.name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort();
}
