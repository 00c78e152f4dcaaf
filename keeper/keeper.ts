/**
 * The life of a keeper process: it reads the view at every hint and once per interval, converges, reports, and at its end
 * stops PostgreSQL. Nothing is decided here; `plan.ts` decides.
 */
import { sleep, systemClock, timeLimit } from "../common/clock.ts";
import type { Logger } from "../common/log.ts";
import { PassLoop } from "../common/pass_loop.ts";
import type { ClusterStore } from "../store/cluster_store.ts";
import { type Assignment, readAssignment } from "./assignment.ts";
import { assignmentKey } from "./assignment_key.ts";
import { converge, type Outcome } from "./converge.ts";
import { stopPostgres } from "./execute/server_steps.ts";
import { ageMs, instantOf, NEVER } from "./instant.ts";
import type { KeeperMetrics } from "./keeper_metrics.ts";
import { QuietFailures } from "./quiet_failures.ts";
import { Reporter } from "./report.ts";
import { readView, type View } from "./view.ts";
import type { Workplace } from "./workplace.ts";

const DEFAULT_SLEEP_INTERVAL_MS = 5000;
/** For anything that concerns the store once the keeper has to end. */
const LAST_WORDS_MS = 2000;
const VIEW_CHANGED = "the cluster view may have changed";
const LOOK_AGAIN = "look again";
const RAREST_LOOK_MS = 1000;

export interface KeeperOptions {
  readonly place: Workplace;
  readonly store: ClusterStore;
  readonly keeperUid: string;
  readonly bootUuid: string;
  readonly metrics: KeeperMetrics;
  readonly log: Logger;
}

/** See the file's head. */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #viewFailures: QuietFailures;
  readonly #passFailures: QuietFailures;
  readonly #reporter: Reporter;
  #view: View | undefined;
  #viewReadAt = NEVER;
  /** When the look is due that was asked for; infinite: none was. */
  #lookAgainDueMs = Infinity;
  /** Since when our PostgreSQL runs and lets nobody in. */
  #silentSinceMs: number | undefined;
  #assignment: Assignment = { kind: "wait", reason: "the cluster view has not been read yet" };
  #converging: { readonly key: string; readonly stop: AbortController } | undefined;
  /** What runs belongs to another cluster: it is left alone until this one assigns a db. */
  #isNewcomer = false;
  #key = "";
  #loop: PassLoop | undefined;
  #waitingFor: string | null = null;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#viewFailures = new QuietFailures("reading the cluster view", options.log);
    this.#passFailures = new QuietFailures("converging", options.log);
    this.#reporter = new Reporter({ ...options, assigned: () => this.#assignment, view: () => this.#view });
  }

  /** What the last probe of PostgreSQL said; for the HTTP endpoints. */
  get reporter(): Reporter {
    return this.#reporter;
  }

  /** The present assignment and how old the view is that it comes from. */
  get assignment(): {
    readonly assignment: Assignment;
    readonly viewAgeMs: number;
    readonly view: View | undefined;
  } {
    return {
      assignment: this.#assignment,
      viewAgeMs: ageMs(this.#viewReadAt, systemClock),
      view: this.#view,
    };
  }

  /** Something happened: look at once. */
  poke(reason: string): void {
    this.#loop?.poke(reason);
    this.#reporter.poke(reason);
  }

  /** Works until the signal, then stops PostgreSQL. */
  async run(signal: AbortSignal): Promise<void> {
    this.#loop = new PassLoop({
      signal,
      pass: (reasons, passSignal) => this.#pass(reasons, passSignal),
      intervalMs: () => this.#view?.spec.sleepIntervalMs ?? DEFAULT_SLEEP_INTERVAL_MS,
      onError: (error) => {
        if (!(error instanceof ViewUnreadableError)) this.#passFailures.failed(error);
      },
    });
    const watching = this.#watch(signal);
    await Promise.all([this.#loop.run(), this.#reporter.run(signal), watching]);
    await this.#end();
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { store } = this.#options;
    for await (const _hint of store.watchClusterData({ signal })) {
      this.#loop?.poke(VIEW_CHANGED);
      await this.#interruptIfReassigned(signal);
    }
  }

  async #pass(reasons: readonly string[], signal: AbortSignal): Promise<void> {
    if (reasons.includes(LOOK_AGAIN)) this.#lookAgainDueMs = Infinity;
    const view = await this.#readView(signal);
    if (view !== undefined) this.#adoptCluster(view.clusterUid);
    this.#assignment = this.#readAssignment(view);
    const assignment = this.#assignment;
    if (assignment.kind === "converge") this.#isNewcomer = false;
    this.#options.metrics.targetRole(
      assignment.kind === "converge" ? assignment.goal.db.spec.role : "undefined",
    );
    const key = assignmentKey(assignment);
    if (key !== this.#key) this.#reporter.poke("another assignment");
    this.#key = key;
    const stop = new AbortController();
    this.#converging = { key, stop };
    try {
      const { place, metrics } = this.#options;
      if (reasons.includes(VIEW_CHANGED)) place.memory.nudges.renew();
      const quiet = reasons.every((reason) => reason === LOOK_AGAIN);
      const outcome = await converge(assignment, {
        place,
        metrics,
        quiet,
        signal: AbortSignal.any([signal, stop.signal]),
      });
      if (outcome.waitingFor === null) this.#passFailures.succeeded();
      this.#tellWaiting(outcome);
      const { server } = outcome.observed;
      const pending = server.kind === "running" ? server.facts.pendingRestart : [];
      const sleepIntervalMs = view?.spec.sleepIntervalMs ?? DEFAULT_SLEEP_INTERVAL_MS;
      metrics.passDone({ needsRestart: pending.length > 0, sleepIntervalMs });
      const nextLookMs = this.#nextLookMs(outcome);
      if (nextLookMs !== null) this.#lookAgain(nextLookMs);
    } catch (error) {
      if (!stop.signal.aborted) throw error;
      // What was under way serves no purpose any more; the change that ended it has asked for the next pass.
      this.#options.log.info("interrupted: the assignment has changed", { was: key });
    } finally {
      this.#converging = undefined;
    }
  }

  /** One look at a time is asked for: if each pass asked for another one, they would become more and more. */
  #lookAgain(delayMs: number): void {
    const dueMs = performance.now() + delayMs;
    if (this.#lookAgainDueMs <= dueMs) return;
    this.#lookAgainDueMs = dueMs;
    this.#loop?.poke(LOOK_AGAIN, delayMs);
  }

  /** Each look at a server that lets nobody in is a line in its log: the longer that lasts, the rarer the looks. */
  #nextLookMs({ observed, nextLookMs }: Outcome): number | null {
    const nowMs = performance.now();
    if (observed.server.kind === "silent") this.#silentSinceMs ??= nowMs;
    else this.#silentSinceMs = undefined;
    if (nextLookMs === null || this.#silentSinceMs === undefined) return nextLookMs;
    return Math.max(nextLookMs, Math.min(RAREST_LOOK_MS, (nowMs - this.#silentSinceMs) / 10));
  }

  /** @throws {StoreError} and the like, told once; PostgreSQL stays as it is */
  async #readView(signal: AbortSignal): Promise<View | undefined> {
    const readAt = instantOf(systemClock);
    try {
      const view = await readView(this.#options.store, signal);
      this.#viewFailures.succeeded();
      this.#view = view;
      this.#viewReadAt = readAt;
      this.#options.metrics.viewRead();
      return view;
    } catch (error) {
      if (!signal.aborted) this.#viewFailures.failed(error);
      throw new ViewUnreadableError("the cluster view could not be read", { cause: error });
    }
  }

  #readAssignment(view: View | undefined): Assignment {
    const { keeperUid, bootUuid } = this.#options;
    return readAssignment({
      data: view?.data ?? null,
      spec: view?.spec ?? null,
      keeperUid,
      bootUuid,
      isNewcomer: this.#isNewcomer,
    });
  }

  /** A valid view of another cluster under our cluster's name is a new cluster: its UID is ours from now on. */
  #adoptCluster(clusterUid: string): void {
    const { place: { files }, keeperUid, log } = this.#options;
    const state = files.readKeeperState();
    if (state?.ClusterUID === clusterUid) return;
    files.writeKeeperState({ UID: keeperUid, ClusterUID: clusterUid });
    this.#isNewcomer = true;
    log.info("this keeper now belongs to the cluster", {
      cluster: clusterUid,
      before: state?.ClusterUID ?? "",
    });
    this.#reporter.poke("cluster adopted");
  }

  #tellWaiting({ waitingFor, needsOperator }: Pick<Outcome, "waitingFor" | "needsOperator">): void {
    if (waitingFor === this.#waitingFor) return;
    this.#waitingFor = waitingFor;
    if (waitingFor === null) return;
    if (needsOperator) this.#options.log.error("waiting for an operator", { reason: waitingFor });
    else this.#options.log.info("waiting", { reason: waitingFor });
  }

  /** A step that takes long, such as a full copy, must not outlive the assignment that it is for. */
  async #interruptIfReassigned(signal: AbortSignal): Promise<void> {
    const running = this.#converging;
    if (running === undefined) return;
    try {
      const assignment = this.#readAssignment(await readView(this.#options.store, signal));
      if (assignment.kind === "wait" || assignmentKey(assignment) === running.key) return;
      running.stop.abort(new Error("the assignment has changed"));
    } catch {
      // The pass that the same hint asked for reads the view again and reports what is wrong.
    }
  }

  async #end(): Promise<void> {
    const { place, log, metrics, store } = this.#options;
    metrics.shuttingDown();
    await this.#stopForGood();
    using limit = timeLimit(LAST_WORDS_MS);
    await this.#reporter.lastWords(limit.signal);
    await place.settled();
    await store.close();
    log.info("keeper ended");
  }

  /** PostgreSQL is never killed: its shutdown takes what it takes, and the log says so. */
  async #stopForGood(): Promise<void> {
    const { place, log } = this.#options;
    for (;;) {
      try {
        if (await stopPostgres(place, new AbortController().signal)) return;
      } catch (error) {
        log.error("stopping postgres failed, trying again", { error: String(error) });
        await sleep(1000);
      }
    }
  }
}

/** The view could not be read in this pass; already told. */
class ViewUnreadableError extends Error {
  override readonly name = "ViewUnreadableError";
}
