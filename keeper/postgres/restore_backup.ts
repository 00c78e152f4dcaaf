/** Bringing a base backup back by the operator's own command. */
import { removeBackupLeftovers } from "./recovery_files.ts";
import { emptyDataDirectory } from "./data_directory.ts";
import type { Instance } from "./instance.ts";
import { runTool } from "./tool.ts";

/**
 * Empties the data directory, runs `dataRestoreCommand` through a shell, and removes what would steer the next start.
 * @throws {CommandError}
 */
export async function restoreBackup(
  instance: Instance,
  { command, signal }: { readonly command: string; readonly signal: AbortSignal },
): Promise<void> {
  await emptyDataDirectory(instance);
  await runTool("/bin/sh", ["-c", expandDataRestoreCommand(command, instance.dataDirectory)], {
    signal,
    cwd: instance.dataDirectory,
  });
  await Deno.chmod(instance.dataDirectory, 0o700);
  await removeBackupLeftovers(instance.dataDirectory);
}

/** `%d` is the data directory, `%%` a percent sign. */
export function expandDataRestoreCommand(command: string, dataDirectory: string): string {
  return command.replaceAll(/%([d%])/g, (_, letter: string) => letter === "d" ? dataDirectory : "%");
}
