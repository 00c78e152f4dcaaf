/** Winding a former primary back to where its history and another server's part. Source: PostgreSQL documentation, "pg_rewind". */
import { programPath } from "./binaries.ts";
import type { Instance } from "./instance.ts";
import { withPasswordFile } from "./password_file.ts";
import { clearAutoConf } from "./recovery_files.ts";
import { type SourceAddress, toolConninfo } from "./source_server.ts";
import { runTool } from "./tool.ts";

export interface RewindOptions {
  readonly address: SourceAddress;
  readonly signal: AbortSignal;
  /** The instance's configuration has a `restore_command`, by which missing WAL can be fetched. */
  readonly hasRestoreCommand: boolean;
  /** About once a second. */
  onProgress?(line: string): void;
}

export interface RewindResult {
  /** False: the histories don't part, nothing was changed. */
  readonly rewound: boolean;
}

/**
 * Rewinds the stopped instance; it must have been stopped cleanly (`recoverFromCrash`), and what waits for its archiver is
 * removed (`archiveWaitingFiles`). The source must have finished the
 * checkpoint of its promotion (`SourceState.checkpointTimelineID`), and before 14 must not be in recovery. Afterwards the
 * source's configuration files are in the directory: write ours, and the signal files, before the next start.
 * @throws {CommandError} after which the directory may be unusable; the signal's reason
 */
export async function rewind(instance: Instance, options: RewindOptions): Promise<RewindResult> {
  const { dataDirectory } = instance;
  clearAutoConf(dataDirectory);
  const args = [
    "--target-pgdata",
    dataDirectory,
    "--source-server",
    toolConninfo(instance, options.address, "superuser"),
    "--progress",
    "--no-ensure-shutdown",
    ...(options.hasRestoreCommand ? ["--restore-target-wal"] : []),
  ];
  let rewound = true;
  await withPasswordFile(
    instance.workDirectory,
    instance.superuser.password,
    (env) =>
      runTool(programPath(instance.binaries, "pg_rewind"), args, {
        signal: options.signal,
        env,
        onStderrLine(line) {
          if (/no rewind required/.test(line)) rewound = false;
          const isProgress = /^\s*\d+\/\d+ kB \(\d+%\)/.test(line);
          if (isProgress) options.onProgress?.(line.trim());
          return !isProgress;
        },
      }),
  );
  return { rewound };
}
