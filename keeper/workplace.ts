/**
 * The one place for what changes while a keeper process lives: its PostgreSQL child, and what it remembers from pass to
 * pass. Whatever must survive the process is in the state files instead.
 */
import type { Logger } from "../common/log.ts";
import type { LocalWal, Memory, ResyncMethod, SourceFacts } from "./observed.ts";
import type { Parameters } from "./postgres/configuration.ts";
import type { Instance } from "./postgres/instance.ts";
import type { SyncStretches } from "./postgres/in_sync.ts";
import type { PostgresProcess } from "./postgres/postgres_process.ts";
import type { KeeperSettings } from "./settings.ts";
import type { StateFiles } from "./state/state_files.ts";
import type { Step } from "./steps.ts";

/** Called at each border between two steps; for tests that end the process there. */
export type StepHook = (kind: Step["kind"], when: "before" | "after") => void;

export interface WorkplaceOptions {
  readonly settings: KeeperSettings;
  readonly instance: Instance;
  readonly files: StateFiles;
  readonly log: Logger;
  /** Something happened that deserves a pass at once. */
  readonly onEvent: (reason: string) => void;
  /** There is something to publish. */
  readonly onNews: (reason: string) => void;
  readonly onStep?: StepHook;
}

/** The generated configuration of one start. */
export interface StartConfiguration {
  readonly text: string;
  readonly parameters: Parameters;
}

/** See the file's head. */
export class Workplace {
  readonly settings: KeeperSettings;
  readonly instance: Instance;
  readonly files: StateFiles;
  readonly log: Logger;
  readonly onEvent: (reason: string) => void;
  readonly onNews: (reason: string) => void;
  readonly onStep: StepHook | undefined;

  /** Our PostgreSQL; undefined when none was started, or its end has been dealt with. */
  child: PostgresProcess | undefined;
  /** Whether the child has answered since its start. */
  childWasReady = false;
  /** What the child was started with; undefined for a start of the keeper's own, as to set roles up. */
  childConfiguration: StartConfiguration | undefined;
  /** What is known of standbys in sync in this run of PostgreSQL. */
  stretches: SyncStretches = new Map();
  /** What `writeConfiguration` wrote last. */
  writtenParameters: Parameters = {};
  /** The `primary_conninfo` that the server has read; undefined before its first start. */
  loadedConninfo: string | undefined;
  /** What `takeOverParameters` read. */
  takenOver: Parameters | null = null;
  readonly memory = new WorkingMemory();
  /** Work that nobody waits for, such as a checkpoint after a promotion; ended with the process. */
  readonly #background = new Set<Promise<void>>();

  constructor(options: WorkplaceOptions) {
    this.settings = options.settings;
    this.instance = options.instance;
    this.files = options.files;
    this.log = options.log;
    this.onEvent = options.onEvent;
    this.onNews = options.onNews;
    this.onStep = options.onStep;
    this.memory.goodParameters = options.files.readGoodParameters() ?? null;
  }

  /** Takes over a child that has just been started. */
  adopt(child: PostgresProcess): void {
    this.forgetChild();
    this.child = child;
    child.exited.then(() => this.onEvent("PostgreSQL ended"));
  }

  /** The child answers for the first time since its start. */
  childIsReady(): void {
    if (this.childWasReady) return;
    this.childWasReady = true;
    const { childConfiguration, memory } = this;
    memory.hbaInDoubt = false;
    memory.startPause.end();
    if (childConfiguration === undefined) return;
    if (memory.goodText === childConfiguration.text) return;
    memory.goodText = childConfiguration.text;
    memory.goodParameters = childConfiguration.parameters;
    this.files.writeGoodParameters(childConfiguration.parameters);
  }

  /**
   * PostgreSQL did not come up with this configuration. First the user's lines of `pg_hba.conf` are suspected, which a
   * running server can be asked about. If it fails without them too, the configuration is: if it came up with another,
   * that one is used next; if it fails with that one too, the configuration was not to blame.
   */
  startFailed(configuration: StartConfiguration): void {
    const { memory } = this;
    memory.startPause.extend();
    if (!memory.hbaInDoubt) {
      memory.hbaInDoubt = true;
      return;
    }
    const fellBack = memory.badConfiguration !== null && memory.badConfiguration !== configuration.text;
    const isGood = memory.goodText === configuration.text;
    memory.badConfiguration = fellBack || isGood ? null : configuration.text;
  }

  /** The child has ended, and that has been dealt with. */
  forgetChild(): void {
    this.child = undefined;
    this.childWasReady = false;
    this.childConfiguration = undefined;
    this.stretches = new Map();
    this.memory.clientsHeld = false;
  }

  /** Lets work run beside the passes; its failure is logged with what it was. */
  inBackground(what: string, work: () => Promise<void>): void {
    const task = work().catch((error) => this.log.warn(`${what} failed`, { error: String(error) }))
      .finally(() => this.#background.delete(task));
    this.#background.add(task);
  }

  /** Until no background work is left. */
  async settled(): Promise<void> {
    await Promise.all(this.#background);
  }
}

/** The mutable side of {@link Memory}. */
export class WorkingMemory {
  #dbUid = "";
  #trial: { readonly method: ResyncMethod; sinceMs: number; position: bigint } | undefined;
  #tried: ResyncMethod[] = [];
  #restartWantedSinceMs: number | undefined;
  source: SourceFacts | null = null;
  localWal: LocalWal | null = null;
  localWalUnknown = false;
  clientsHeld = false;
  /** Recoveries from a crash that failed under this assignment. */
  failedRecoveries = 0;
  readonly nudges = new Nudges();
  reloadPending = false;
  badConfiguration: string | null = null;
  prunedConfiguration: string | null = null;
  hbaInDoubt = false;
  readonly #refusedHbaLines = new Set<string>();
  readonly pause = new Pause();
  readonly startPause = new Pause();
  goodText: string | undefined;
  goodParameters: Parameters | null = null;

  /** What was seen in an earlier pass is no longer known. */
  beginPass(dbUid: string): void {
    this.source = null;
    this.localWal = null;
    this.localWalUnknown = false;
    if (dbUid === this.#dbUid) return;
    this.#dbUid = dbUid;
    this.pause.end();
    this.startPause.end();
    this.#trial = undefined;
    this.#tried = [];
    this.failedRecoveries = 0;
  }

  beginTrial(method: ResyncMethod): void {
    this.#trial = { method, sinceMs: performance.now(), position: -1n };
  }

  endTrial(): void {
    this.#trial = undefined;
  }

  rejectMethod(method: ResyncMethod): void {
    this.#trial = undefined;
    this.#tried.push(method);
  }

  /** A trial that makes progress is given time anew; a wish for a restart is timed while it stands. */
  noteProgress(seen: { readonly position: bigint; readonly restartWanted: boolean }): void {
    if (this.#trial !== undefined && this.#trial.position !== seen.position) {
      this.#trial.position = seen.position;
      this.#trial.sinceMs = performance.now();
    }
    if (!seen.restartWanted) this.#restartWantedSinceMs = undefined;
    else this.#restartWantedSinceMs ??= performance.now();
  }

  /** Remembers lines of `pg_hba.conf` that PostgreSQL refuses. @returns those that are new */
  noteRefusedHba(lines: readonly string[]): readonly string[] {
    const added = lines.filter((line) => !this.#refusedHbaLines.has(line));
    for (const line of added) this.#refusedHbaLines.add(line);
    return added;
  }

  /** As a plan sees it. */
  snapshot(): Memory {
    const nowMs = performance.now();
    return {
      dbUid: this.#dbUid,
      current: this.#trial?.method ?? null,
      currentAgeMs: this.#trial === undefined ? 0 : nowMs - this.#trial.sinceMs,
      tried: [...this.#tried],
      source: this.source,
      localWal: this.localWal,
      localWalUnknown: this.localWalUnknown,
      clientsHeld: this.clientsHeld,
      badConfiguration: this.badConfiguration,
      prunedConfiguration: this.prunedConfiguration,
      refusedHbaLines: [...this.#refusedHbaLines],
      hbaInDoubt: this.hbaInDoubt,
      goodParameters: this.goodParameters,
      pauseMs: this.pause.leftMs,
      startPauseMs: this.startPause.leftMs,
      reloadPending: this.reloadPending,
      nudgesLeft: this.nudges.left,
      nudgeDue: this.nudges.due,
      restartWantedMs: this.#restartWantedSinceMs === undefined ? 0 : nowMs - this.#restartWantedSinceMs,
    };
  }
}

const NUDGES = 6;
const FIRST_NUDGE_MS = 100;

/** A few nudges, each after twice the time of the one before. */
class Nudges {
  #given = 0;
  #lastMs = performance.now();

  get left(): boolean {
    return this.#given < NUDGES;
  }

  get due(): boolean {
    return this.left && performance.now() - this.#lastMs >= FIRST_NUDGE_MS * 2 ** this.#given;
  }

  given(): void {
    this.#given++;
    this.#lastMs = performance.now();
  }

  /** There is new reason to try. */
  renew(): void {
    this.#given = 0;
    this.#lastMs = performance.now();
  }
}

const LONGEST_PAUSE_MS = 30_000;

/** The time between two attempts at something costly, doubled by each failure. */
class Pause {
  #failures = 0;
  #untilMs = -Infinity;

  get leftMs(): number {
    return Math.max(0, this.#untilMs - performance.now());
  }

  /** An attempt failed. */
  extend(): void {
    this.#untilMs = performance.now() + Math.min(1000 * 2 ** this.#failures, LONGEST_PAUSE_MS);
    this.#failures++;
  }

  end(): void {
    this.#failures = 0;
    this.#untilMs = -Infinity;
  }
}
