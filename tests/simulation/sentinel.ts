/** A simulated sentinel process: the real decision with its real memory and write rule, in a loop like the real one. */
import type { ClusterData } from "../../cluster/clusterdata.ts";
import { newClusterData } from "../../cluster/new_cluster_data.ts";
import { nextDeadlineMs } from "../../sentinel/deadlines.ts";
import { decide, missedLook, observe } from "../../sentinel/decide.ts";
import type { Now, Observation } from "../../sentinel/decision.ts";
import type { DecisionEvent } from "../../sentinel/events.ts";
import { EMPTY_MEMORY, type Memory } from "../../sentinel/memory.ts";
import { sleepIntervalMs } from "../../sentinel/periods.ts";
import { nextWriteMs, writeReason } from "../../sentinel/write_rule.ts";
import type { Clock } from "./clock.ts";
import type { Cluster } from "./cluster.ts";
import { Process, type Routine, Wakeup } from "./process.ts";
import type { Random } from "./random.ts";
import { LEADER_TTL_MS, STORE_NODE } from "./store.ts";
import { Conflict, type ReadDocument, StoreClient, Unreachable } from "./store_client.ts";

/** A leadership is given up this long before the store could give it to another. */
const LEADER_MARGIN_MS = 3000;

/** Nothing is decided on a look that took longer. */
const MAX_LOOK_MS = 10_000;

/** One term as the process knows it. */
interface Term {
  readonly session: number;
  /** Own monotonic time until which it stands. */
  untilMs: number;
  writtenMs: number | undefined;
}

interface Seen {
  readonly observation: Observation;
  readonly document: ReadDocument;
}

export class Sentinel {
  readonly process: Process;
  readonly #store: StoreClient;
  readonly #random: Random;
  readonly #wakeup = new Wakeup();
  readonly #unwatch: () => void;
  #memory: Memory = EMPTY_MEMORY;
  #term: Term | undefined;
  #session: number | undefined;
  #told = new Set<string>();

  constructor(private readonly cluster: Cluster, readonly node: string, private readonly clock: Clock) {
    this.process = new Process(cluster.world, node, clock);
    this.#random = cluster.random.fork(`${node} ${cluster.world.nowMs}`);
    this.#store = new StoreClient(this.process, node, cluster.store, cluster.network);
    this.#unwatch = cluster.store.watch({
      node,
      prefixes: ["clusterdata", "keepers/", "proxies/", "sentinel-leader"],
      hint: () => this.process.do(() => this.#wakeup.poke("hint")),
    });
  }

  start(): void {
    this.process.start(this.#campaign());
    this.process.start(this.#loop());
  }

  kill(): void {
    this.process.kill();
    this.#unwatch();
  }

  /** A clean stop: whoever is next leads at once. */
  resign(): void {
    if (this.#session === undefined || this.cluster.store.away) return;
    if (this.cluster.network.isOpen(this.node, STORE_NODE)) this.cluster.store.resign(this.#session);
  }

  *#campaign(): Routine {
    while (true) {
      const sentMs = this.clock.monotonicMs();
      try {
        const { session, leads } = yield* this.#store.campaign(this.node, this.#session);
        this.#session = session;
        this.#noteLeadership({ session, leads, untilMs: sentMs + LEADER_TTL_MS - LEADER_MARGIN_MS });
        yield* this.process.sleep(leads ? LEADER_TTL_MS / 4 : 1000);
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        yield* this.process.sleep(500);
      }
    }
  }

  #noteLeadership({ session, leads, untilMs }: { session: number; leads: boolean; untilMs: number }): void {
    if (!leads) this.#term = undefined;
    else if (this.#term?.session === session) this.#term.untilMs = untilMs;
    else {
      this.cluster.world.note(this.node, "leads");
      this.#term = { session, untilMs, writtenMs: undefined };
      this.#wakeup.poke("leads");
    }
  }

  #holds(term: Term): boolean {
    return this.#term === term && this.clock.monotonicMs() < term.untilMs;
  }

  *#loop(): Routine {
    while (true) {
      let pauseMs = 1000;
      try {
        pauseMs = yield* this.#pass();
      } catch (error) {
        if (error instanceof Conflict) pauseMs = 0;
        else if (error instanceof Unreachable) this.#memory = missedLook(this.#memory);
        else throw error;
      }
      yield* this.process.sleep(100);
      if (pauseMs > 100) yield* this.#wakeup.wait(this.process, pauseMs - 100);
    }
  }

  /** How long to wait for something to happen. */
  *#pass(): Routine<number> {
    const seen = yield* this.#look();
    const { data } = seen.document;
    const term = this.#term;
    if (data === null || term === undefined || !this.#holds(term)) {
      this.#memory = observe(seen.observation);
      if (data === null) yield* this.#createDocument(seen);
    } else yield* this.#lead(term, { data, seen });
    return this.#pauseMs(seen, term);
  }

  *#look(): Routine<Seen> {
    const now: Now = { monotonicMs: this.clock.monotonicMs(), wallTime: this.clock.wallTime() };
    const document = yield* this.#store.readDocument();
    const keeperInfos = yield* this.#store.listKeepers();
    const proxyInfos = yield* this.#store.listProxies();
    const observation = { clusterData: document.data, keeperInfos, proxyInfos, memory: this.#memory, now };
    return { observation, document };
  }

  *#createDocument({ document }: Seen): Routine {
    const at = { clusterUid: this.#random.uid(), now: this.clock.wallTime() };
    const first = newClusterData(this.cluster.initialSpec, at);
    yield* this.#store.swap({ key: "clusterdata", value: first, expected: document.revision });
  }

  *#lead(term: Term, { data, seen }: { data: ClusterData; seen: Seen }): Routine {
    const { now } = seen.observation;
    const decision = decide({ ...seen.observation, clusterData: data, newUid: () => this.#random.uid() });
    this.#memory = decision.memory;
    if (this.clock.monotonicMs() - now.monotonicMs > MAX_LOOK_MS) return;
    this.#tell(decision.events);
    const { writtenMs } = term;
    const question = { read: data, decided: decision.clusterData, writtenMs, nowMs: now.monotonicMs };
    if (writeReason(question) === undefined || !this.#holds(term)) return;
    const value = { ...decision.clusterData, changeTime: now.wallTime };
    yield* this.#store.swap({
      key: "clusterdata",
      value,
      expected: seen.document.revision,
      session: term.session,
    });
    term.writtenMs = now.monotonicMs;
  }

  #tell(events: readonly DecisionEvent[]): void {
    const texts = events.map((event) => `${event.rule}: ${event.reason} ${JSON.stringify(event.facts)}`);
    for (const [index, event] of events.entries()) {
      if (this.#told.has(event.reason) && event.kind === "waiting") continue;
      this.cluster.world.note(this.node, texts[index] ?? "");
    }
    this.#told = new Set(events.map((event) => event.reason));
  }

  #pauseMs({ observation }: Seen, term: Term | undefined): number {
    const { clusterData, proxyInfos, now } = observation;
    const sleepMs = sleepIntervalMs(clusterData);
    if (clusterData === null) return sleepMs;
    const patienceMs = nextDeadlineMs({ clusterData, proxyInfos, memory: this.#memory, now }) ?? Infinity;
    const writeMs = (term?.writtenMs ?? Infinity) + nextWriteMs(clusterData) - now.monotonicMs;
    const elapsedMs = this.clock.monotonicMs() - now.monotonicMs;
    return Math.min(sleepMs, Math.max(0, Math.min(patienceMs, writeMs) - elapsedMs));
  }
}
