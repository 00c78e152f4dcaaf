/** WAL that waits for the archiver. `pg_rewind` would remove it unseen, and so does a new copy. */
import { sleep, timeLimit } from "../../common/clock.ts";
import type { Parameters } from "./configuration.ts";
import { runTool } from "./tool.ts";

/** What archiving needs to know, from the instance's configuration. */
export interface ArchiveSettings {
  readonly archiveMode: string | undefined;
  readonly archiveCommand: string | undefined;
}

/** Picks them from the parameters with which the instance last ran. */
export function archiveSettings(parameters: Parameters): ArchiveSettings {
  return { archiveMode: parameters["archive_mode"], archiveCommand: parameters["archive_command"] };
}

/** Names of files with a `.ready` mark, oldest first. */
export async function filesToArchive(dataDirectory: string): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(`${dataDirectory}/pg_wal/archive_status`)) {
      if (entry.name.endsWith(".ready")) names.push(entry.name.slice(0, -".ready".length));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort();
}

export interface ArchiveOptions {
  readonly settings: ArchiveSettings;
  readonly signal: AbortSignal;
  /** How long one file is tried again and again. An archive that goes on taking files gets all the time it needs. */
  readonly fileLimitMs: number;
}

const RETRY_MS = 1000;

/**
 * Archives what waits, as the archiver would, in a stopped instance. @returns how many files.
 * @throws {CommandError} {TimeLimitError} for the first file that the command does not take in time; those before it are
 * marked as done. @throws the signal's reason
 */
export async function archiveWaitingFiles(
  dataDirectory: string,
  { settings, signal, fileLimitMs }: ArchiveOptions,
): Promise<number> {
  const command = settings.archiveCommand ?? "";
  if (!isOn(settings.archiveMode) || command === "") return 0;
  const names = await filesToArchive(dataDirectory);
  for (const name of names) {
    using limit = timeLimit(fileLimitMs, signal);
    await untilTaken(
      () =>
        runTool("/bin/sh", ["-c", expandArchiveCommand(command, name)], {
          signal: limit.signal,
          cwd: dataDirectory,
        }),
      limit.signal,
    );
    const status = `${dataDirectory}/pg_wal/archive_status/${name}`;
    await Deno.rename(`${status}.ready`, `${status}.done`);
  }
  return names.length;
}

/** @throws what the last attempt threw before the signal */
async function untilTaken(attempt: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      await sleep(RETRY_MS, signal);
      if (signal.aborted) throw error;
    }
  }
}

/** Source: PostgreSQL documentation, `archive_command`: `%p` path relative to the data directory, `%f` name, `%%` percent. */
export function expandArchiveCommand(command: string, name: string): string {
  return command.replaceAll(/%([pf%])/g, (_, letter: string) => {
    if (letter === "%") return "%";
    return letter === "f" ? name : `pg_wal/${name}`;
  });
}

function isOn(archiveMode: string | undefined): boolean {
  return ["on", "always", "true", "yes", "1"].includes((archiveMode ?? "off").toLowerCase());
}
