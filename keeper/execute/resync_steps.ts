/** Steps that make the instance follow another one. */
import { describeError } from "../../common/errors.ts";
import type { InternalSource } from "../assignment.ts";
import { baseBackup, type CopyProgress } from "../postgres/basebackup.ts";
import { PostgresError } from "../postgres/connection.ts";
import { recoverFromCrash as recover } from "../postgres/crash_recovery.ts";
import { LocalWalError, measureLocalWal as measure } from "../postgres/local_wal.ts";
import { rewind } from "../postgres/rewind.ts";
import { readSource } from "../postgres/source_server.ts";
import { archiveSettings, archiveWaitingFiles, filesToArchive } from "../postgres/wal_archive.ts";
import { type Executor, goalOf } from "./context.ts";
import { runAsStandbyAndStop } from "./server_steps.ts";

const PROGRESS_MS = 5000;
const ARCHIVE_FILE_LIMIT_MS = 30_000;

export const lookAtSource: Executor<"lookAtSource"> = async ({ source, slot }, context) => {
  const { place, signal, requestTimeoutMs } = context;
  try {
    const state = await readSource(place.instance, {
      address: source,
      slot,
      timeoutMs: requestTimeoutMs,
      signal,
    });
    place.memory.source = { kind: "ready", ...state };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof PostgresError)) throw error;
    place.memory.source = { kind: "unreachable", problem: describeError(error) };
  }
};

export const measureLocalWal: Executor<"measureLocalWal"> = async (_step, { place, signal }) => {
  try {
    place.memory.localWal = await measure(place.instance, signal);
  } catch (error) {
    if (!(error instanceof LocalWalError)) throw error;
    place.log.warn("the end of the local WAL was not found", { error: describeError(error) });
    place.memory.localWalUnknown = true;
  }
};

export const copySource: Executor<"copySource"> = async ({ source, slot }, context) => {
  const { place, signal, requestTimeoutMs } = context;
  place.log.info("copying the followed instance", { from: addressOf(source), slot });
  const startedMs = performance.now();
  let last: CopyProgress | undefined;
  let toldMs = startedMs;
  await baseBackup(place.instance, {
    address: source,
    slot,
    signal,
    requestTimeoutMs,
    onProgress(progress) {
      last = progress;
      context.onCopyProgress(progress);
      const nowMs = performance.now();
      if (nowMs - toldMs < PROGRESS_MS) return;
      toldMs = nowMs;
      place.log.info("copying", progressDetails(progress, nowMs - startedMs));
    },
  });
  const tookMs = performance.now() - startedMs;
  place.log.info("copied the followed instance", last === undefined ? {} : progressDetails(last, tookMs));
};

function progressDetails({ doneBytes, totalBytes, percent }: CopyProgress, elapsedMs: number) {
  const bytesPerSecond = Math.round(doneBytes / Math.max(elapsedMs / 1000, 0.001));
  return { bytes: doneBytes, of: totalBytes, percent, bytesPerSecond };
}

/** An archive that is out of order must not keep the instance out of the cluster for ever. */
export const archiveWaitingWal: Executor<"archiveWaitingWal"> = async (_step, context) => {
  const { place, signal } = context;
  const { dataDirectory } = place.instance;
  const { pgParameters } = goalOf(context).db.spec;
  const settings = archiveSettings(place.memory.goodParameters ?? pgParameters);
  try {
    const files = await archiveWaitingFiles(dataDirectory, {
      settings,
      signal,
      fileLimitMs: ARCHIVE_FILE_LIMIT_MS,
    });
    if (files > 0) place.log.info("archived the WAL that waited for the archiver", { files });
  } catch (error) {
    signal.throwIfAborted();
    place.log.warn(
      "WAL that waits for the archiver could not be archived, and is removed with the instance that is replaced: " +
        "recovery from the archive needs a base backup that is taken after it",
      { files: await filesToArchive(dataDirectory), error: describeError(error) },
    );
  }
};

export const rewindToSource: Executor<"rewindToSource"> = async ({ source }, context) => {
  const { place, signal } = context;
  place.log.info("rewinding the instance", { from: addressOf(source) });
  const { rewound } = await rewind(place.instance, {
    address: source,
    signal,
    hasRestoreCommand: false,
    onProgress: (line) => place.log.debug("rewinding", { progress: line }),
  });
  place.log.info(rewound ? "the instance was rewound" : "the instance did not need to be rewound");
};

/** So often in a row, about a second apart, before the instance is given up for a copy. */
const RECOVERY_ATTEMPTS = 5;

export const recoverFromCrash: Executor<"recoverFromCrash"> = async ({ asStandby }, context) => {
  const { place, signal } = context;
  place.log.info("recovering from a crash", { asStandby });
  try {
    if (asStandby) await runAsStandbyAndStop(context);
    else await recover(place.instance, signal);
  } catch (error) {
    signal.throwIfAborted();
    // What is in the way may pass: a process that is not quite gone, a lock file that it left. A copy would cost everything.
    if (++place.memory.failedRecoveries < RECOVERY_ATTEMPTS) throw error;
    place.log.warn("the crashed instance did not recover", { error: describeError(error) });
    for (const method of ["follow", "rewind"] as const) place.memory.rejectMethod(method);
  }
};

function addressOf(source: InternalSource): string {
  return `${source.host}:${source.port}`;
}
