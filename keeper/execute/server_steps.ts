/** Steps that start, stop, reload and promote PostgreSQL. */
import { readControlData } from "../postgres/controldata.ts";
import { describeError } from "../../common/errors.ts";
import { sleep, timeLimit } from "../../common/clock.ts";
import { openSession, superuserTarget, withSession } from "../postgres/connection.ts";
import {
  readConfigurationText,
  writeConfiguration,
  writeSetupConfiguration,
} from "../postgres/configuration_files.ts";
import {
  disarmStalePidFile,
  findForeignPostmaster,
  stopForeignPostmaster,
} from "../postgres/foreign_postmaster.ts";
import {
  checkpoint,
  PostgresProcess,
  promote as promoteServer,
  waitReady,
} from "../postgres/postgres_process.ts";
import { disableAutoConf, writeSignalFiles } from "../postgres/recovery_files.ts";
import { releaseWaitingCommits } from "../postgres/waiting_commits.ts";
import type { Workplace } from "../workplace.ts";
import { type Executor, goalOf, type StepContext } from "./context.ts";
import { quietParameters } from "./quiet_reload.ts";

/** Within a pass a stop is given up after this long; the next pass asks again. */
const STOP_LIMIT_MS = 60_000;

export const stopServer: Executor<"stopServer"> = async (_step, { place, signal }) => {
  using limit = timeLimit(STOP_LIMIT_MS, signal);
  if (!await stopPostgres(place, limit.signal)) {
    throw new Error(`PostgreSQL in ${place.instance.dataDirectory} has not stopped yet; it is asked again`);
  }
};

/** Fast shutdown of whatever runs in the data directory, until the signal. False: it still runs. */
export async function stopPostgres(place: Workplace, signal: AbortSignal): Promise<boolean> {
  const { child, instance, log } = place;
  if (child !== undefined) {
    if (child.running) log.info("stopping postgres");
    const onProgress = (waitedMs: number) =>
      log.info("waiting for postgres to stop", { seconds: Math.round(waitedMs / 1000) });
    const stopped = await child.stop({ signal, onProgress });
    if (stopped) place.forgetChild();
    return stopped;
  }
  const foreign = await findForeignPostmaster(instance.dataDirectory);
  if (foreign.state !== "running") return true;
  log.info("stopping postgres that an earlier keeper left running", { pid: foreign.pid });
  await stopForeignPostmaster(instance, signal);
  return true;
}

/**
 * When a backend crashes PostgreSQL would begin anew by itself and show clients commits that no synchronous standby has
 * confirmed; ended, it is started by us, who hold clients back. Said to standbys too, since one of them may be promoted;
 * and as an argument, since it is no setting of the cluster's.
 */
const ROLE_ARGUMENTS = ["-c", "restart_after_crash=off"];

export const startServer: Executor<"startServer"> = async ({ holdsClients }, context) => {
  const { place } = context;
  place.log.info("starting postgres", { holdsClients });
  const parameters = place.writtenParameters;
  const text = readConfigurationText(place.instance.dataDirectory) ?? "";
  try {
    await start(context, { args: ROLE_ARGUMENTS, keepsAutoConf: false });
  } catch (error) {
    place.startFailed({ text, parameters });
    throw error;
  }
  place.memory.clientsHeld = holdsClients;
  place.memory.reloadPending = false;
  place.loadedConninfo = parameters["primary_conninfo"] ?? "";
  place.childConfiguration = { text, parameters };
};

export const startForSetup: Executor<"startForSetup"> = async (step, context) => {
  const { place, signal } = context;
  const { parameters, recovery, keepsAutoConf } = step;
  const minimum = recovery === "none"
    ? {}
    : (await readControlData(place.instance, signal)).minimumParameters;
  const { osUserName } = place.settings;
  const args = writeSetupConfiguration(place.instance, { ...parameters, ...minimum }, { osUserName });
  await start(context, { args, keepsAutoConf });
  if (recovery === "target") return;
  await untilReady(context, signal);
};

/** @throws {StartError} */
async function start(
  { place, signal }: StepContext,
  { args, keepsAutoConf }: { readonly args: readonly string[]; readonly keepsAutoConf: boolean },
): Promise<void> {
  const { instance } = place;
  const found = await findForeignPostmaster(instance.dataDirectory, signal);
  if (found.state === "stale") await disarmStalePidFile(instance.dataDirectory);
  if (!keepsAutoConf) await disableAutoConf(instance.dataDirectory);
  try {
    place.adopt(await PostgresProcess.start(instance, { args, signal }));
  } catch (error) {
    place.log.error("failed to start postgres", { error: describeError(error) });
    throw error;
  }
}

async function untilReady(context: StepContext, signal: AbortSignal): Promise<void> {
  const { place, requestTimeoutMs } = context;
  if (place.child === undefined) throw new Error("PostgreSQL was not started");
  const timeoutMs = goalOf(context).spec.dbWaitReadyTimeoutMs;
  await waitReady(place.instance, place.child, { timeoutMs, requestTimeoutMs, signal });
}

/** A recovery may take long; it is over when the server is a primary, or, as a standby, lets us in. */
export const awaitRecoveryEnd: Executor<"awaitRecoveryEnd"> = async ({ standby, limitMs }, context) => {
  const { place, signal, requestTimeoutMs } = context;
  const { child, instance } = place;
  if (child === undefined) throw new Error("PostgreSQL was not started");
  using limit = limitMs > 0 ? timeLimit(limitMs, signal) : noLimit(signal);
  await waitReady(instance, child, {
    timeoutMs: limitMs > 0 ? limitMs : MONTH_MS,
    requestTimeoutMs,
    signal: limit.signal,
  });
  if (standby) return;
  await using session = await openSession(superuserTarget(instance), { timeoutMs: requestTimeoutMs, signal });
  while (child.running && await session.value("select pg_is_in_recovery()") === "t") {
    limit.signal.throwIfAborted();
    await sleep(200, limit.signal);
  }
};

const MONTH_MS = 2_000_000_000;

function noLimit(signal: AbortSignal) {
  return { signal, [Symbol.dispose]() {} };
}

/** Replays what a crashed standby has on disk, following nobody, and stops it cleanly. */
export async function runAsStandbyAndStop(context: StepContext): Promise<void> {
  const { place, signal } = context;
  await writeSignalFiles(place.instance.dataDirectory, { standby: true, recovery: false });
  const parameters = { primary_conninfo: "", primary_slot_name: "", restore_command: "" };
  await startForSetup(
    { kind: "startForSetup", recovery: "standby", parameters, keepsAutoConf: false },
    context,
  );
  if (!await stopPostgres(place, signal)) throw new Error("a standby that was to be stopped runs on");
}

/** How long a reload may take to be seen by new sessions before it is no longer waited for. */
const RELOAD_LIMIT_MS = 1000;

/** Loads the files as they were written. What may not be heard is loaded quietly first. */
export const reloadServer: Executor<"reloadServer"> = async (_step, context) => {
  const { place, signal } = context;
  const wanted = place.writtenParameters;
  const quiet = quietParameters(wanted, place);
  if (quiet !== undefined) {
    const { dataDirectory } = place.instance;
    writeConfiguration(dataDirectory, quiet);
    await reloadAndWait(context);
    writeConfiguration(dataDirectory, wanted);
  }
  await reloadAndWait(context);
  place.loadedConninfo = wanted["primary_conninfo"] ?? "";
  place.memory.reloadPending = false;
  place.inBackground("releasing commits that wait for a synchronous standby", () => {
    return releaseWaitingCommits(place.instance, { timeoutMs: context.requestTimeoutMs, signal });
  });
};

/** Waits until the postmaster (which does not tell when it refuses a file) has read the files: new sessions then know what waits for a restart. */
async function reloadAndWait(context: StepContext): Promise<void> {
  const { place, signal } = context;
  const before = await loadTime(context);
  place.child?.reload();
  using limit = timeLimit(RELOAD_LIMIT_MS, signal);
  while (!limit.signal.aborted && await loadTime(context) === before) await sleep(20, limit.signal);
}

/** A reload wakes the startup process from the wait between two attempts (`wal_retrieve_retry_interval`). */
export const nudgeReceiver: Executor<"nudgeReceiver"> = (_step, { place }) => {
  place.child?.reload();
  place.memory.nudges.given();
};

function loadTime({ place, signal, requestTimeoutMs }: StepContext): Promise<string | null> {
  const options = { timeoutMs: requestTimeoutMs, signal };
  return withSession(
    superuserTarget(place.instance),
    options,
    (session) => session.value("select pg_conf_load_time()"),
  );
}

/** A promotion is done as soon as the server has left recovery; how long that may take is in the hands of its WAL. */
export const promote: Executor<"promote"> = async (_step, context) => {
  const { place, signal, requestTimeoutMs } = context;
  place.log.info("promoting postgres");
  const startedMs = performance.now();
  const timeoutMs = Math.max(goalOf(context).spec.convergenceTimeoutMs, requestTimeoutMs);
  const { timelineID } = await promoteServer(place.instance, { timeoutMs, requestTimeoutMs, signal });
  place.log.info("postgres promoted", {
    timeline: timelineID,
    milliseconds: Math.round(performance.now() - startedMs),
  });
  place.onNews("promoted");
  // Until this checkpoint is done pg_control shows the old timeline, which misleads whoever rewinds against us.
  place.inBackground("the checkpoint after the promotion", async () => {
    await checkpoint(place.instance, { timeoutMs: MONTH_MS });
    place.log.debug("the checkpoint after the promotion is done");
  });
};
