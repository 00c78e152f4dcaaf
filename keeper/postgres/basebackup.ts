/** A full copy of a server. Source: PostgreSQL documentation, "pg_basebackup". */
import { programPath } from "./binaries.ts";
import { walDirectoryArguments } from "./data_directory.ts";
import type { Instance } from "./instance.ts";
import { withPasswordFile } from "./password_file.ts";
import { type SourceAddress, sourceHasSlot, toolConninfo } from "./source_server.ts";
import { runTool } from "./tool.ts";

/** How far a copy is. The total is the source's estimate at the start, WAL not included. */
export interface CopyProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** 0 to 100. */
  readonly percent: number;
}

/** The source has no such slot (yet): nothing was copied. */
export class MissingSlotError extends Error {
  override readonly name = "MissingSlotError";
}

export interface BaseBackupOptions {
  readonly address: SourceAddress;
  /** Slot at the source through which the WAL is streamed; must exist. */
  readonly slot: string;
  readonly signal: AbortSignal;
  /** Limit of the question whether the slot exists. */
  readonly requestTimeoutMs: number;
  /** About once a second. */
  onProgress?(progress: CopyProgress): void;
}

/**
 * Copies into the data directory, which must be empty. A `pg_control` in it means that the copy is complete.
 * @throws {MissingSlotError} @throws {PostgresError} @throws {CommandError} the signal's reason
 */
export async function baseBackup(instance: Instance, options: BaseBackupOptions): Promise<void> {
  const { address, slot, signal } = options;
  if (!await sourceHasSlot(instance, { address, slot, timeoutMs: options.requestTimeoutMs, signal })) {
    throw new MissingSlotError(
      `the server at ${address.host}:${address.port} has no replication slot ${slot}`,
    );
  }
  const args = [
    "--pgdata",
    instance.dataDirectory,
    "--dbname",
    toolConninfo(instance, address, "replication"),
    "--no-password",
    "--checkpoint=fast",
    "--wal-method=stream",
    "--slot",
    slot,
    "--progress",
    "--no-manifest",
    ...await walDirectoryArguments(instance),
  ];
  await withPasswordFile(
    instance.workDirectory,
    instance.replication.password,
    (env) =>
      runTool(programPath(instance.binaries, "pg_basebackup"), args, {
        signal,
        env,
        onStderrLine(line) {
          const progress = parseCopyProgress(line);
          if (progress !== undefined) options.onProgress?.(progress);
          return progress === undefined;
        },
      }),
  );
}

/** Reads ` 1234/22845 kB (5%), 0/1 tablespace (.../base/1/1255)`; undefined for any other line. */
export function parseCopyProgress(line: string): CopyProgress | undefined {
  const match = /^\s*(\d+)\/(\d+) kB \((\d+)%\)/.exec(line);
  if (match === null) return undefined;
  return {
    doneBytes: Number(match[1]) * 1024,
    totalBytes: Number(match[2]) * 1024,
    percent: Number(match[3]),
  };
}
