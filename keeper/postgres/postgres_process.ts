/** PostgreSQL as our child: start, wait until it answers, reload, promote, stop. */
import { sleep, timeLimit } from "../../common/clock.ts";
import { programPath } from "./binaries.ts";
import { openSession, PostgresError, superuserTarget, withSession } from "./connection.ts";
import { readPostmasterPid } from "./foreign_postmaster.ts";
import type { Instance } from "./instance.ts";
import { readTimelineHistory } from "./timeline_history.ts";
import { toolEnvironment } from "./tool.ts";

export interface StartOptions {
  readonly signal?: AbortSignal;
  /** How long until `postmaster.pid` must name the child. Default 60 s. */
  readonly startTimeoutMs?: number;
  /** Further arguments, such as `-c`, `config_file=...`. Never secrets. */
  readonly args?: readonly string[];
}

export interface StopOptions {
  /** Gives the wait up (not the request). Without it the wait lasts until PostgreSQL has ended. */
  readonly signal?: AbortSignal;
  readonly mode?: "fast" | "immediate";
  /** Called every 5 s while waiting. */
  onProgress?(waitedMs: number): void;
}

/** PostgreSQL ended before it was up; `status` is how. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** A running postmaster that is our child. It outlives us when we are killed. */
export class PostgresProcess {
  readonly pid: number;
  /** Resolves when the postmaster has ended, never rejects. */
  readonly exited: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  #status: Deno.CommandStatus | undefined;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.pid = child.pid;
    this.exited = child.status.then((status) => this.#status = status);
  }

  /**
   * Starts `postgres -D`; succeeds once `postmaster.pid` names the child. A lasting recovery isn't waited for.
   * @throws {StartError} when it ended before, or the time ran out (then it was told to stop).
   */
  static async start(instance: Instance, options: StartOptions = {}): Promise<PostgresProcess> {
    const started = new PostgresProcess(spawnPostgres(instance, options.args ?? []));
    using limit = timeLimit(options.startTimeoutMs ?? 60_000, options.signal);
    while (started.running) {
      const pid = await readPostmasterPid(instance.dataDirectory);
      if (pid?.pid === started.pid) return started;
      if (limit.signal.aborted) {
        await started.stop({ mode: "immediate" });
        throw new StartError(`postgres in ${instance.dataDirectory} wrote no postmaster.pid`, {
          cause: limit.signal.reason,
        });
      }
      await Promise.race([sleep(POLL_MS, limit.signal), started.exited]);
    }
    const status = await started.exited;
    throw new StartError(
      `postgres in ${instance.dataDirectory} ended at its start (${
        describeStatus(status)
      }); its reason is in the log above`,
    );
  }

  /** False from the moment the exit was seen. */
  get running(): boolean {
    return this.#status === undefined;
  }

  /** Undefined while it runs. */
  get status(): Deno.CommandStatus | undefined {
    return this.#status;
  }

  /** Makes it read its configuration again; asynchronous. */
  reload(): void {
    if (this.running) this.#child.kill("SIGHUP");
  }

  /** Asks for a shutdown and waits. True: it has ended; false: the signal ended the wait, the request stands. */
  async stop(options: StopOptions = {}): Promise<boolean> {
    if (!this.running) return true;
    const request = options.mode === "immediate" ? "SIGQUIT" : "SIGINT";
    return await waitForEnd(this, { ...options, ask: () => this.#request(request) });
  }

  #request(signal: "SIGQUIT" | "SIGINT"): void {
    try {
      this.#child.kill(signal);
    } catch (error) {
      // It has ended, and that is about to be seen.
      if (!(error instanceof Deno.errors.NotFound || error instanceof TypeError)) throw error;
    }
  }
}

const POLL_MS = 20;
const PROGRESS_MS = 5000;
const ASK_AGAIN_MS = 500;

/**
 * Asks again and again: a background job of a script is born with SIGINT and SIGQUIT ignored, and so is its PostgreSQL;
 * what reaches that before it has handlers of its own is lost. One that has heard the request takes no notice of more.
 */
async function waitForEnd(
  process: PostgresProcess,
  options: StopOptions & { readonly ask: () => void },
): Promise<boolean> {
  const startedMs = performance.now();
  let toldMs = startedMs;
  const wait = new AbortController();
  const outer = () => wait.abort();
  if (options.signal?.aborted) outer();
  options.signal?.addEventListener("abort", outer, { once: true });
  process.exited.then(outer);
  do {
    options.ask();
    await sleep(ASK_AGAIN_MS, wait.signal);
    const nowMs = performance.now();
    if (wait.signal.aborted || nowMs - toldMs < PROGRESS_MS) continue;
    toldMs = nowMs;
    options.onProgress?.(nowMs - startedMs);
  } while (!wait.signal.aborted);
  options.signal?.removeEventListener("abort", outer);
  return !process.running;
}

/** Own session, so that a Ctrl-C doesn't reach it behind our back; inherited output, so that it may outlive us. */
function spawnPostgres(instance: Instance, args: readonly string[]): Deno.ChildProcess {
  const command = programPath(instance.binaries, "postgres");
  try {
    return new Deno.Command(command, {
      args: ["-D", instance.dataDirectory, ...args],
      cwd: instance.dataDirectory,
      clearEnv: true,
      env: toolEnvironment(),
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
      detached: true,
    }).spawn();
  } catch (cause) {
    throw new StartError(`"${command}" could not be run`, { cause });
  }
}

function describeStatus(status: Deno.CommandStatus): string {
  return status.signal === null ? `exit code ${status.code}` : `killed by ${status.signal}`;
}

/** `starting`: it runs but doesn't let anyone in yet (recovery before consistency, shutting down). */
export type Readiness = "ready" | "starting" | "unreachable";

/** One look. A server that answers "starting up" is alive. */
export async function readiness(
  instance: Instance,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<{ readonly state: Readiness; readonly error: unknown }> {
  try {
    await withSession(superuserTarget(instance), options, (session) => session.query("select 1"));
    return { state: "ready", error: undefined };
  } catch (error) {
    const starting = error instanceof PostgresError && error.sqlState === CANNOT_CONNECT_NOW;
    return { state: starting ? "starting" : "unreachable", error };
  }
}

const CANNOT_CONNECT_NOW = "57P03";

/**
 * Waits until the superuser's session answers.
 * @throws {StartError} when PostgreSQL ended meanwhile, or the time ran out (it goes on running).
 */
export async function waitReady(
  instance: Instance,
  process: PostgresProcess,
  options: { readonly timeoutMs: number; readonly requestTimeoutMs: number; readonly signal?: AbortSignal },
): Promise<void> {
  using limit = timeLimit(options.timeoutMs, options.signal);
  let last: unknown;
  while (process.running && !limit.signal.aborted) {
    const look = await readiness(instance, { timeoutMs: options.requestTimeoutMs, signal: limit.signal });
    if (look.state === "ready") return;
    last = look.error;
    await Promise.race([sleep(100, limit.signal), process.exited]);
  }
  const status = process.status;
  const why = status === undefined
    ? `does not answer within ${options.timeoutMs} ms`
    : `ended (${describeStatus(status)})`;
  throw new StartError(`postgres in ${instance.dataDirectory} ${why}`, { cause: last });
}

/** The timeline that a promotion led to. */
export interface Promotion {
  readonly timelineID: number;
}

/** It is out of recovery, but nothing proves a promotion: no new timeline, or no history of it. */
export class PromotionError extends Error {
  override readonly name = "PromotionError";
}

/**
 * Promotes a standby and waits until it is a primary, proved by a new timeline and its history file, not by the end of
 * recovery alone. A `checkpoint` must follow. Nothing is done to a primary.
 * @throws {PostgresError} @throws {PromotionError}
 */
export async function promote(
  instance: Instance,
  options: { readonly timeoutMs: number; readonly requestTimeoutMs: number; readonly signal?: AbortSignal },
): Promise<Promotion> {
  using limit = timeLimit(options.timeoutMs, options.signal);
  await using session = await openSession(superuserTarget(instance), {
    timeoutMs: options.requestTimeoutMs,
    signal: limit.signal,
  });
  const wasStandby = await session.value("select pg_is_in_recovery()") === "t";
  if (wasStandby) await session.query("select pg_promote(false)");
  while (await session.value("select pg_is_in_recovery()") === "t") await sleep(10, limit.signal);
  const file = await session.value("select pg_walfile_name(pg_current_wal_insert_lsn())");
  const timelineID = Number.parseInt((file ?? "").slice(0, 8), 16);
  if (wasStandby) await proveNewTimeline(instance, timelineID);
  return { timelineID };
}

/** A server without `standby.signal` that crashes is out of recovery too, on the timeline that it had. */
async function proveNewTimeline({ dataDirectory }: Instance, timelineID: number): Promise<void> {
  const history = await readTimelineHistory(dataDirectory, timelineID);
  if (history.length === 0) {
    throw new PromotionError(
      `${dataDirectory} left recovery on timeline ${timelineID}, of which it has no history file`,
    );
  }
}

/** Until it is done `pg_control` shows the old timeline, and nobody may rewind against this server. May take long: no time limit but the signal. */
export async function checkpoint(
  instance: Instance,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<void> {
  await withSession(superuserTarget(instance), options, (session) => session.query("checkpoint"));
}
