/** The files that decide how PostgreSQL starts: signal files and `postgresql.auto.conf`. */
import { syncDirectory, writeFileAtomically } from "../state/atomic_file.ts";
import { exists } from "./data_directory.ts";
import { runTool } from "./tool.ts";

export interface SignalFiles {
  readonly standby: boolean;
  readonly recovery: boolean;
}

/** Which are there. */
export async function readSignalFiles(dataDirectory: string): Promise<SignalFiles> {
  return {
    standby: await exists(`${dataDirectory}/standby.signal`),
    recovery: await exists(`${dataDirectory}/recovery.signal`),
  };
}

/**
 * Makes exactly these be there, and removes a `recovery.conf` of old, with which PostgreSQL won't start. For a standby
 * call it before the configuration is written: a directory that crashes without `standby.signal` starts as a primary.
 */
export async function writeSignalFiles(dataDirectory: string, wanted: SignalFiles): Promise<void> {
  await putSignal(`${dataDirectory}/standby.signal`, wanted.standby);
  await putSignal(`${dataDirectory}/recovery.signal`, wanted.recovery);
  await removeIfPresent(`${dataDirectory}/recovery.conf`);
  await removeIfPresent(`${dataDirectory}/recovery.done`);
  syncDirectory(dataDirectory);
}

/** Removes signal files and the pid file that a base backup brought. `backup_label` must stay. */
export async function removeBackupLeftovers(dataDirectory: string): Promise<void> {
  await writeSignalFiles(dataDirectory, { standby: false, recovery: false });
  for (const name of ["postmaster.pid", "postmaster.opts"]) await removeIfPresent(`${dataDirectory}/${name}`);
}

/** Makes `postgresql.auto.conf` a link to `/dev/null`, so that it says nothing and `ALTER SYSTEM` fails. Before each start. */
export async function disableAutoConf(dataDirectory: string): Promise<void> {
  // Through a shell, because a link can only be made by a process that may read and write everywhere.
  const script = 'ln -s /dev/null "$1.link" 2>/dev/null || test -L "$1.link" && mv -f -T "$1.link" "$1"';
  await runTool("/bin/sh", ["-c", script, "sh", `${dataDirectory}/postgresql.auto.conf`]);
}

/** Makes `postgresql.auto.conf` an empty file: `pg_rewind` fails on a link. */
export function clearAutoConf(dataDirectory: string): void {
  writeFileAtomically(`${dataDirectory}/postgresql.auto.conf`, "");
}

async function putSignal(path: string, wanted: boolean): Promise<void> {
  if (!wanted) await removeIfPresent(path);
  else if (!await exists(path)) writeFileAtomically(path, "");
}

async function removeIfPresent(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
