/**
 * The keeper's voice: probes PostgreSQL each half `sleepInterval` and at events, and publishes what it sees once per
 * `sleepInterval`, and at once when anything but the position has changed. It speaks while a long step is under way too.
 */
import type { KeeperInfo, PostgresState } from "../cluster/infos.ts";
import { systemClock } from "../common/clock.ts";
import type { Logger } from "../common/log.ts";
import { PassLoop } from "../common/pass_loop.ts";
import type { ClusterStore } from "../store/cluster_store.ts";
import type { Assignment } from "./assignment.ts";
import { ageMs, instantOf } from "./instant.ts";
import type { KeeperMetrics } from "./keeper_metrics.ts";
import { probeServer } from "./observe.ts";
import { readControlData } from "./postgres/controldata.ts";
import { PostgresError } from "./postgres/connection.ts";
import type { RunningState } from "./postgres/probe.ts";
import { newsWorthy, publishedState } from "./published_state.ts";
import { QuietFailures } from "./quiet_failures.ts";
import { nextStandbyLookMs, NOBODY, watchStandbys } from "./standby_watch.ts";
import type { View } from "./view.ts";
import type { Workplace } from "./workplace.ts";

const DEFAULT_SLEEP_INTERVAL_MS = 5000;
const DEFAULT_REQUEST_TIMEOUT_MS = 10_000;
const SHORTEST_PATIENCE_MS = 3000;
const MINIMUM_TTL_MS = 20_000;
/** A publication that is due within this share of the interval is made now rather than half an interval late. */
const EARLY = 0.75;
/** A start or a short recovery is no news; silence beyond that is told. */
const TOLD_SILENCE_MS = 3000;

export interface ReporterOptions {
  readonly place: Workplace;
  readonly store: ClusterStore;
  readonly keeperUid: string;
  readonly bootUuid: string;
  readonly metrics: KeeperMetrics;
  readonly log: Logger;
  readonly assigned: () => Assignment;
  readonly view: () => View | undefined;
}

/** What the last probe said. */
export interface LatestProbe {
  readonly healthy: boolean;
  readonly inRecovery: boolean;
  /** Undefined before the first good probe. */
  readonly position: bigint | undefined;
  readonly probeAgeMs: number;
}

/** See the file's head. */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #failures: QuietFailures;
  readonly #silence: QuietFailures;
  /** When our PostgreSQL last answered, or was first seen to run. */
  #heardMs: number | undefined;
  #loop: PassLoop | undefined;
  #seen: RunningState | null = null;
  #seenFor = "";
  #healthy = false;
  #probedAt = instantOf(systemClock);
  #segmentBytes: bigint | null = null;
  #published:
    | { readonly state: PostgresState | null; readonly clusterUid: string; readonly atMs: number }
    | undefined;
  #problems = "";
  #standbys = NOBODY;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#failures = new QuietFailures("publishing the keeper's info", options.log);
    this.#silence = new QuietFailures("asking postgres how it is", options.log);
  }

  get latest(): LatestProbe {
    return {
      healthy: this.#healthy,
      inRecovery: this.#seen?.inRecovery ?? false,
      position: this.#seen?.position,
      probeAgeMs: ageMs(this.#probedAt, systemClock),
    };
  }

  poke(reason: string): void {
    this.#loop?.poke(reason);
  }

  /** Until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    this.#loop = new PassLoop({
      signal,
      pass: (_reasons, passSignal) => this.#pass(passSignal),
      intervalMs: () => this.#sleepIntervalMs / 2,
      onError: (error) => this.#failures.failed(error),
    });
    await this.#loop.run();
  }

  /** The last info of a keeper that ends: not healthy, position kept. */
  async lastWords(signal: AbortSignal): Promise<void> {
    this.#healthy = false;
    try {
      await this.#publish(signal);
    } catch (error) {
      this.#failures.failed(error);
    }
  }

  get #sleepIntervalMs(): number {
    return this.#options.view()?.spec.sleepIntervalMs ?? DEFAULT_SLEEP_INTERVAL_MS;
  }

  async #pass(signal: AbortSignal): Promise<void> {
    // The first info is a sign of life and waits for nothing.
    if (this.#published !== undefined) await this.#probe(signal);
    const now = this.#state();
    const { state, clusterUid, atMs } = this.#published ??
      { state: null, clusterUid: undefined, atMs: -Infinity };
    const due = performance.now() - atMs >= this.#sleepIntervalMs * EARLY;
    if (due || clusterUid !== this.#clusterUid || newsWorthy(state, now)) await this.#publish(signal);
    this.#lookAtStandbysSoon();
  }

  #lookAtStandbysSoon(): void {
    const nowMs = performance.now();
    const inSync = this.#healthy ? this.#seen?.inSync ?? [] : [];
    this.#standbys = watchStandbys(this.#standbys, { assignment: this.#options.assigned(), inSync, nowMs });
    const soonMs = nextStandbyLookMs(this.#standbys, nowMs);
    if (soonMs !== null) this.#loop?.poke("a required standby is not known to be in sync", soonMs);
  }

  async #probe(signal: AbortSignal): Promise<void> {
    const { place, view, metrics } = { ...this.#options, view: this.#options.view() };
    const limitMs = view?.spec.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS;
    // A frozen server must be told of at the next publication, not when a request to it has run out of time.
    const requestTimeoutMs = Math.min(limitMs, Math.max(this.#sleepIntervalMs, SHORTEST_PATIENCE_MS));
    this.#forgetOtherInstance();
    const startedAt = instantOf(systemClock);
    const startedMs = performance.now();
    try {
      if (place.child === undefined || !place.child.running) {
        throw new PostgresError("PostgreSQL does not run", undefined);
      }
      const seen = await probeServer(place, { signal, requestTimeoutMs });
      this.#seen = seen;
      this.#healthy = true;
      this.#heardMs = performance.now();
      this.#silence.succeeded();
      this.#tellProblems(seen.configurationProblems);
      this.#segmentBytes ??= (await readControlData(place.instance, signal)).segmentBytes;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof PostgresError)) throw error;
      this.#healthy = false;
      this.#tellSilence(error, startedMs);
    }
    this.#probedAt = startedAt;
    metrics.localRole(!this.#healthy ? "undefined" : this.#seen?.inRecovery ? "standby" : "master");
  }

  /** An operator must not have to guess why a keeper whose PostgreSQL runs reports it unhealthy. */
  #tellSilence(error: PostgresError, startedMs: number): void {
    if (this.#options.place.child?.running !== true) {
      this.#heardMs = undefined;
      return;
    }
    this.#heardMs ??= startedMs;
    if (performance.now() - this.#heardMs >= TOLD_SILENCE_MS) this.#silence.failed(error);
  }

  /** What was seen of an instance says nothing about the one that took its place. */
  #forgetOtherInstance(): void {
    const state = this.#options.place.files.readDbState();
    const now = `${state?.UID ?? ""} ${state?.Initializing ?? false}`;
    if (now === this.#seenFor) return;
    this.#seenFor = now;
    this.#seen = null;
    this.#segmentBytes = null;
  }

  #tellProblems(problems: readonly string[]): void {
    const text = problems.join("; ");
    if (text === this.#problems) return;
    this.#problems = text;
    if (text !== "") this.#options.log.error("PostgreSQL refuses parts of its configuration", { problems });
  }

  get #clusterUid(): string {
    return this.#options.place.files.readKeeperState()?.ClusterUID ?? "";
  }

  #state(): PostgresState | null {
    const { place, assigned } = this.#options;
    return publishedState({
      settings: place.settings,
      assignment: assigned(),
      dbState: place.files.readDbState() ?? null,
      seen: this.#seen,
      healthy: this.#healthy,
      segmentBytes: this.#segmentBytes,
    });
  }

  async #publish(signal: AbortSignal): Promise<void> {
    const { place, store, keeperUid, bootUuid } = this.#options;
    const clusterUid = this.#clusterUid;
    if (clusterUid === "") return;
    const state = this.#state();
    const info: KeeperInfo = {
      infoUID: crypto.randomUUID().slice(0, 8),
      uid: keeperUid,
      clusterUID: clusterUid,
      bootUUID: bootUuid,
      postgresBinaryVersion: place.instance.binaries.version,
      canBeMaster: place.settings.canBeMaster,
      canBeSynchronousReplica: place.settings.canBeSynchronousReplica,
      postgresState: state,
    };
    const atMs = performance.now();
    await store.publishKeeperInfo(info, {
      ttlMs: Math.max(MINIMUM_TTL_MS, 2 * this.#sleepIntervalMs),
      signal,
    });
    this.#published = { state, clusterUid, atMs };
    this.#failures.succeeded();
  }
}
