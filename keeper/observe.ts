/** Looking at the instance: what is on disk, what runs, what it says. */
import { describeError } from "../common/errors.ts";
import type { Goal } from "./assignment.ts";
import type { ControlFacts, DirectoryFacts, Observed, RunningFacts, ServerFacts } from "./observed.ts";
import { readConfigurationText, readHbaText } from "./postgres/configuration_files.ts";
import { PostgresError } from "./postgres/connection.ts";
import { ControlDataError, readControlData } from "./postgres/controldata.ts";
import { directoryKind } from "./postgres/data_directory.ts";
import { findForeignPostmaster } from "./postgres/foreign_postmaster.ts";
import { probe, type RunningState } from "./postgres/probe.ts";
import { readSignalFiles } from "./postgres/recovery_files.ts";
import { CommandError } from "./postgres/tool.ts";
import type { Workplace } from "./workplace.ts";

export interface ObserveOptions {
  readonly goal: Goal | undefined;
  readonly signal: AbortSignal;
  readonly requestTimeoutMs: number;
}

/** Looks at everything that a plan is made from. */
export async function observe(place: Workplace, options: ObserveOptions): Promise<Observed> {
  const server = await observeServer(place, options);
  // A primary's control data decides nothing while it runs, and asking for it would delay a promotion's follow-up.
  const wantsControl = server.kind !== "running" || options.goal?.source !== null;
  const directory = await observeDirectory(place, { ...options, wantsControl });
  if (server.kind === "running") {
    const { position, pendingRestart, streaming } = server.facts;
    place.memory.noteProgress({ position, restartWanted: pendingRestart.length > 0 });
    if (streaming) place.memory.nudges.renew();
    noteRefusedHba(place, server.facts);
  }
  return {
    dbState: place.files.readDbState() ?? null,
    version: place.instance.binaries.version,
    directory,
    server,
    memory: place.memory.snapshot(),
  };
}

async function observeServer(place: Workplace, options: ObserveOptions): Promise<ServerFacts> {
  noticeEnd(place);
  if (place.child === undefined) {
    const foreign = await findForeignPostmaster(place.instance.dataDirectory, options.signal);
    return { kind: foreign.state === "running" ? "foreign" : "stopped" };
  }
  try {
    return { kind: "running", facts: await probeServer(place, options) };
  } catch (error) {
    options.signal.throwIfAborted();
    if (!(error instanceof PostgresError)) throw error;
    noticeEnd(place);
    return place.child === undefined ? { kind: "stopped" } : { kind: "silent", reason: describeError(error) };
  }
}

/** Asks our running PostgreSQL. @throws {PostgresError} */
export async function probeServer(
  place: Workplace,
  { signal, requestTimeoutMs }: Pick<ObserveOptions, "signal" | "requestTimeoutMs">,
): Promise<RunningState> {
  const { child } = place;
  const state = await probe(place.instance, {
    timeoutMs: requestTimeoutMs,
    signal,
    stretches: place.stretches,
  });
  if (place.child !== child) throw new PostgresError("PostgreSQL was replaced while it was asked", undefined);
  place.stretches = state.stretches;
  if (child?.running) place.childIsReady();
  return state;
}

/** Told here: once the file is written without such lines, the server has nothing to say about them any more. */
function noteRefusedHba(place: Workplace, { refusedHbaLines, configurationProblems }: RunningFacts): void {
  if (place.memory.noteRefusedHba(refusedHbaLines).length === 0) return;
  place.log.error(
    "PostgreSQL refuses lines of pg_hba.conf: the file is written without them; correct pgHBA of the cluster",
    { problems: configurationProblems },
  );
}

/** A child that ended by itself: before it ever answered, that was a failed start. */
function noticeEnd(place: Workplace): void {
  const { child, childWasReady, childConfiguration, log } = place;
  if (child === undefined || child.running) return;
  const status = child.status;
  const how = { code: status?.code, signal: status?.signal ?? undefined };
  if (childWasReady) log.warn("postgres ended", how);
  else log.error("failed to start postgres", how);
  if (!childWasReady && childConfiguration !== undefined) place.startFailed(childConfiguration);
  place.forgetChild();
}

async function observeDirectory(
  place: Workplace,
  options: ObserveOptions & { readonly wantsControl: boolean },
): Promise<DirectoryFacts> {
  const { dataDirectory } = place.instance;
  const kind = await directoryKind(dataDirectory);
  const signals = await readSignalFiles(dataDirectory);
  return {
    kind,
    control: kind === "instance" && options.wantsControl ? await readControl(place, options.signal) : null,
    standbySignal: signals.standby,
    recoverySignal: signals.recovery,
    configuration: readConfigurationText(dataDirectory) ?? null,
    hba: readHbaText(dataDirectory) ?? null,
  };
}

/** Control data that cannot be read are a fact too: such a directory is of no use to any resync but a full copy. */
async function readControl(place: Workplace, signal: AbortSignal): Promise<ControlFacts | null> {
  try {
    return await readControlData(place.instance, signal);
  } catch (error) {
    if (!(error instanceof ControlDataError || error instanceof CommandError)) throw error;
    place.log.warn("the control data of the instance cannot be read", { error: describeError(error) });
    return null;
  }
}
