/** Bringing an instance that wasn't stopped cleanly to a clean stop, so that it can be compared and rewound. */
import { programPath } from "./binaries.ts";
import { exists } from "./data_directory.ts";
import { disarmStalePidFile, findForeignPostmaster } from "./foreign_postmaster.ts";
import type { Instance } from "./instance.ts";
import { disableAutoConf, writeSignalFiles } from "./recovery_files.ts";
import { runTool } from "./tool.ts";

/** There is a `backup_label`: the directory is an unfinished copy, and recovering it as after a crash would ruin it. */
export class UnfinishedBackupError extends Error {
  override readonly name = "UnfinishedBackupError";
}

/**
 * Replays in single-user mode what a crash left behind; as long as that takes. WAL that waits for the archiver stays.
 * The signal files are gone afterwards: the caller writes them before the next start.
 * @throws {UnfinishedBackupError} @throws {CommandError}
 */
export async function recoverFromCrash(instance: Instance, signal: AbortSignal): Promise<void> {
  const { dataDirectory } = instance;
  if (await exists(`${dataDirectory}/backup_label`)) {
    throw new UnfinishedBackupError(
      `${dataDirectory} has a backup_label: it is an unfinished copy, not the remains of a crash`,
    );
  }
  const left = await findForeignPostmaster(dataDirectory, signal);
  if (left.state === "stale") await disarmStalePidFile(dataDirectory);
  await writeSignalFiles(dataDirectory, { standby: false, recovery: false });
  await disableAutoConf(dataDirectory);
  await runTool(programPath(instance.binaries, "postgres"), [
    "--single",
    "-D",
    dataDirectory,
    // Else the WAL that waits for the archiver would be recycled at the closing checkpoint.
    "-c",
    "archive_mode=on",
    "-c",
    "archive_command=false",
    "template1",
  ], { signal, cwd: dataDirectory });
}
