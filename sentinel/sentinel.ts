/**
 * The sentinel's loop: it looks, lets the decision decide, and writes. It has no policy of its own. A pass reads
 * everything anew and may be interrupted anywhere; what it remembers is `memory`, which never leaves the process.
 */
import { newClusterData } from "../cluster/new_cluster_data.ts";
import type { ClusterSpec } from "../cluster/spec.ts";
import { type Clock, rfc3339, timerMs } from "../common/clock.ts";
import { describeError } from "../common/errors.ts";
import type { Logger } from "../common/log.ts";
import { PassLoop } from "../common/pass_loop.ts";
import type { ClusterStore, MalformedInfo } from "../store/cluster_store.ts";
import { StoreConflictError } from "../store/errors.ts";
import type { Election } from "../store/store.ts";
import { nextDeadlineMs } from "./deadlines.ts";
import { missedLook, observe } from "./decide.ts";
import { type DecisionEvent, waiting } from "./events.ts";
import { Leader, type Look } from "./leader.ts";
import { lostCluster } from "./lost_cluster.ts";
import { EMPTY_MEMORY, type Memory } from "./memory.ts";
import { sleepIntervalMs } from "./periods.ts";
import type { SentinelMetrics } from "./sentinel_metrics.ts";
import { news, type Told } from "./telling.ts";

/** What a sentinel works with. */
export interface SentinelOptions {
  readonly uid: string;
  /** Stays the caller's to close. */
  readonly store: ClusterStore;
  /** Of the first document, if there is none. */
  readonly initialSpec: ClusterSpec | undefined;
  readonly clock: Clock;
  readonly newUid: () => string;
  readonly metrics: SentinelMetrics;
  readonly log: Logger;
}

/** How long before its key expires the sentinel's info is renewed at the latest: as a part of the time to live. */
const RENEWALS_PER_TTL = 3;

/** One sentinel process, from start to stop. */
export class Sentinel {
  readonly #options: SentinelOptions;
  readonly #leader: Leader;
  #memory: Memory = EMPTY_MEMORY;
  #told: Told = {};
  #infoDueMs = 0;
  #infoError: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastLookMs: number | undefined;
  #lastError: string | undefined;
  #sleepMs = sleepIntervalMs(null);

  constructor(options: SentinelOptions) {
    this.#options = options;
    this.#leader = new Leader({
      ...options,
      remember: (memory) => void (this.#memory = memory),
      tell: (events) => this.#tell(events),
    });
  }

  /** Runs until the signal, then resigns, so that another leads at once. */
  async run(signal: AbortSignal): Promise<void> {
    const { store, uid, metrics, log } = this.#options;
    const election = store.campaign(uid);
    const loop: PassLoop = new PassLoop({
      pass: (_reasons, passSignal) => this.#pass({ election, loop, signal: passSignal }),
      intervalMs: () => this.#sleepMs,
      signal,
      onError: (error) => this.#lookFailed(error),
    });
    const stopListening = election.onChange(() => {
      const leads = election.current() !== undefined;
      metrics.leads(leads);
      log.info(leads ? "elected as leader" : "not the leader any more", { uid });
      loop.poke("leadership changed");
    });
    try {
      await Promise.all([
        loop.run(),
        this.#follow(store.watchClusterData({ signal }), () => loop.poke("cluster data changed")),
        this.#follow(store.watchInfos({ signal }), () => loop.poke("infos changed")),
      ]);
    } finally {
      clearTimeout(this.#timer);
      stopListening();
      await election.close();
    }
  }

  /** Whether it does its work: the last look succeeded and isn't long ago. */
  readiness(): { readonly ok: boolean; readonly reason: string } {
    const { clock } = this.#options;
    if (this.#lastLookMs === undefined) return { ok: false, reason: "no look has succeeded yet" };
    const ageMs = clock.monotonicMs() - this.#lastLookMs;
    const limitMs = 3 * this.#sleepMs + 5000;
    const role = this.#leader.leads ? "leading" : "standing by";
    return ageMs <= limitMs ? { ok: true, reason: role } : {
      ok: false,
      reason: `the last good look was ${Math.round(ageMs / 1000)} s ago: ${this.#lastError ?? ""}`,
    };
  }

  async #follow(hints: AsyncIterable<void>, poke: () => void): Promise<void> {
    for await (const _hint of hints) poke();
  }

  async #pass(
    { election, loop, signal }: {
      readonly election: Election;
      readonly loop: PassLoop;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    this.#leader.hold(election.current());
    const look = await this.#look(signal);
    const data = look.observation.clusterData;
    this.#sleepMs = sleepIntervalMs(data);
    if (data === null) {
      this.#memory = observe(look.observation);
      await this.#createFirstDocument(look, { loop, signal });
    } else if (this.#leader.leads) {
      if (await this.#leader.act(data, { look, signal })) loop.poke("the look is over");
    } else {
      this.#memory = observe(look.observation);
      this.#tell(look.complaints);
    }
    this.#lastLookMs = look.observation.now.monotonicMs;
    if (this.#lastError !== undefined) this.#options.log.info("looking at the cluster works again");
    this.#lastError = undefined;
    this.#options.metrics.lookSucceeded();
    this.#setTimer(look, loop);
    await this.#publishInfo(signal);
  }

  /** The time is taken before anything is read: what is read may be younger, never older. */
  async #look(signal: AbortSignal): Promise<Look> {
    const { store, clock } = this.#options;
    const now = { monotonicMs: clock.monotonicMs(), wallTime: rfc3339(clock.wallMs()) };
    const [{ data, revision }, keepers, proxies] = await Promise.all([
      store.readClusterData({ signal }),
      store.listKeeperInfos({ signal }),
      store.listProxyInfos({ signal }),
    ]);
    return {
      revision,
      complaints: [
        ...keepers.malformed.map((info) => complaint("keepers", info)),
        ...proxies.malformed.map((info) => complaint("proxies", info)),
      ],
      observation: {
        clusterData: data,
        keeperInfos: keepers.infos,
        proxyInfos: proxies.infos,
        unreadableProxies: proxies.malformed.map(({ key }) => key.slice(key.lastIndexOf("/") + 1)),
        memory: this.#memory,
        now,
      },
    };
  }

  /** Any sentinel may do this, leader or not: it only ever takes the place of nothing, and never of a lost cluster. */
  async #createFirstDocument(
    { revision, complaints, observation }: Look,
    { loop, signal }: { readonly loop: PassLoop; readonly signal: AbortSignal },
  ): Promise<void> {
    const { initialSpec, store, newUid, clock, log } = this.#options;
    const lost = lostCluster(observation);
    if (lost !== undefined) {
      this.#tell([...complaints, lost]);
      return;
    }
    if (initialSpec === undefined) {
      const reason = "there is no cluster data in the store: waiting for stolonctl init";
      this.#tell([...complaints, waiting({ rule: "cluster spec", reason })]);
      return;
    }
    const first = newClusterData(initialSpec, { clusterUid: newUid(), now: rfc3339(clock.wallMs()) });
    try {
      await store.swapClusterData(first, revision, { signal });
      log.info("first cluster data written from the initial cluster spec", {
        clusterUid: first.cluster?.uid,
      });
    } catch (error) {
      if (!(error instanceof StoreConflictError)) throw error;
      log.info("another one has written the first cluster data");
    }
    loop.poke("first document");
  }

  #tell(events: readonly DecisionEvent[]): readonly DecisionEvent[] {
    const { log, clock, metrics } = this.#options;
    const telling = news(events, { told: this.#told, nowMs: clock.monotonicMs() });
    this.#told = telling.told;
    for (const event of telling.events) {
      log[event.level](event.reason, { rule: event.rule, ...event.facts });
      metrics.told(event);
    }
    return telling.events;
  }

  /**
   * The info says that this sentinel lives. Its value never changes: only its lease is renewed. Nothing is decided by it,
   * so that it can't be written is told once and takes nothing from a look.
   */
  async #publishInfo(signal: AbortSignal): Promise<void> {
    const { store, uid, clock, log } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs < this.#infoDueMs) return;
    const ttlMs = Math.max(20_000, 2 * this.#sleepMs);
    try {
      await store.publishSentinelInfo({ UID: uid }, { ttlMs, signal });
    } catch (error) {
      if (signal.aborted) return;
      const text = describeError(error);
      if (text !== this.#infoError) {
        log.warn("this sentinel's own info can't be written: stolonctl does not show it", { error: text });
      }
      this.#infoError = text;
      return;
    }
    this.#infoError = undefined;
    this.#infoDueMs = nowMs + ttlMs / RENEWALS_PER_TTL;
  }

  /** One timer, for whatever is due first: silence is no event, and a quiet document has to be rewritten too. */
  #setTimer({ observation }: Look, loop: PassLoop): void {
    const { clusterData, proxyInfos, now } = observation;
    clearTimeout(this.#timer);
    if (clusterData === null) return;
    const elapsedMs = this.#options.clock.monotonicMs() - now.monotonicMs;
    const patienceMs = nextDeadlineMs({ clusterData, proxyInfos, memory: this.#memory, now }) ?? Infinity;
    const writeMs = (this.#leader.nextWriteMs(clusterData) ?? Infinity) - now.monotonicMs;
    const dueMs = Math.max(0, Math.min(patienceMs, writeMs) - elapsedMs);
    if (dueMs >= this.#sleepMs) return;
    this.#timer = setTimeout(() => loop.poke("a patience ends"), timerMs(Math.ceil(dueMs)));
  }

  /** An outage is told once, not once a second. */
  #lookFailed(error: unknown): void {
    this.#memory = missedLook(this.#memory);
    const text = describeError(error);
    if (text !== this.#lastError) this.#options.log.error("a look at the cluster failed", { error: text });
    this.#lastError = text;
    this.#options.metrics.lookFailed();
  }
}

function complaint(rule: "keepers" | "proxies", { key, error }: MalformedInfo): DecisionEvent {
  const facts = { key, error: describeError(error) };
  return waiting({ rule, level: "warn", reason: `${key} can't be read and is ignored`, facts });
}
