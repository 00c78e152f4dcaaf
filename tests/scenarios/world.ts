/**
 * The world of a scenario: a store, keepers, proxies and sentinels, and a clock that the scenario moves. Whoever is told
 * something acts at once; a look follows each change, as in the real loop, and at least one each sleep interval.
 */
import type { ClusterData } from "../../cluster/clusterdata.ts";
import type { KeeperInfo, ProxyInfo } from "../../cluster/infos.ts";
import type { DecisionEvent } from "../../sentinel/events.ts";
import { sleepIntervalMs } from "../../sentinel/periods.ts";
import type { FakeKeeper } from "./fake_keeper.ts";
import { FakeSentinel } from "./fake_sentinel.ts";

const STEP_MS = 500;
const START_MS = Date.UTC(2026, 0, 1);
/** More looks than any chain of reactions needs at one instant. */
const MAX_LOOKS = 40;

/** A proxy that only confirms. */
export interface FakeProxy {
  alive: boolean;
  /** Confirms what the document asks for. */
  obeys: boolean;
  generation: number;
  timeoutMs: number;
  readable: boolean;
}

/** An event, with when it was told and by whom. */
export interface Told {
  readonly atMs: number;
  readonly sentinel: string;
  readonly event: DecisionEvent;
}

/** See above. */
export class World {
  nowMs = 0;
  document: ClusterData | null = null;
  storeIsUp = true;
  /** UID of the sentinel that leads; empty: nobody. */
  leader = "s1";
  readonly keepers = new Map<string, FakeKeeper>();
  readonly proxies = new Map<string, FakeProxy>();
  readonly sentinels = new Map<string, FakeSentinel>([["s1", new FakeSentinel("s1")]]);
  readonly keeperInfos = new Map<string, KeeperInfo>();
  readonly proxyInfos = new Map<string, ProxyInfo>();
  /** Writes of the document by sentinels. */
  writes = 0;
  told: Told[] = [];
  #uids = 0;
  #proxyInfos = 0;
  #publishedMs = new Map<string, number>();
  #lookedMs = 0;

  readonly newUid = (): string => `db${++this.#uids}`;

  /** Publishes a keeper's state, as a keeper does at each change. */
  publishKeeper(uid: string): void {
    const keeper = this.keepers.get(uid);
    if (keeper === undefined || !this.storeIsUp || !keeper.manners.alive) return;
    this.keeperInfos.set(uid, keeper.info(this.document ?? undefined, this.keepers));
    this.#publishedMs.set(uid, this.nowMs);
  }

  publishProxy(uid: string): void {
    const proxy = this.proxies.get(uid);
    if (proxy === undefined || !this.storeIsUp || !proxy.alive) return;
    const ProxyTimeout = BigInt(proxy.timeoutMs) * 1_000_000n;
    const infoUID = `${uid}-info${++this.#proxyInfos}`;
    this.proxyInfos.set(uid, { infoUID, UID: uid, Generation: proxy.generation, ProxyTimeout });
    this.#publishedMs.set(uid, this.nowMs);
  }

  /** Everybody reacts to what there is, and to the reactions, until all are quiet. */
  settle(): void {
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      this.#react();
      if (!this.look()) return;
    }
    throw new Error(
      `no rest after ${MAX_LOOKS} looks: ${this.told.slice(-4).map(({ event }) => event.reason).join("; ")}`,
    );
  }

  /** One look of every sentinel. Returns whether the view has changed (more than its times). */
  look(): boolean {
    this.#lookedMs = this.nowMs;
    if (!this.storeIsUp) {
      for (const sentinel of this.sentinels.values()) if (sentinel.alive) sentinel.miss();
      return false;
    }
    let changed = false;
    for (const sentinel of this.sentinels.values()) {
      if (!sentinel.alive) continue;
      if (sentinel.uid !== this.leader) sentinel.observe(this.#found());
      else changed = this.#lead(sentinel) || changed;
    }
    return changed;
  }

  #lead(sentinel: FakeSentinel): boolean {
    const { write, events } = sentinel.lead(this.#found(), this.newUid);
    this.told.push(...events.map((event) => ({ atMs: this.nowMs, sentinel: sentinel.uid, event })));
    if (write === undefined) return false;
    const before = this.document;
    this.document = write;
    this.writes++;
    sentinel.wrote(this.nowMs);
    return generations(before) !== generations(write);
  }

  #found() {
    return {
      clusterData: this.document,
      keeperInfos: [...this.keeperInfos.values()],
      proxyInfos: [...this.proxyInfos.values()].filter((info) => this.proxies.get(info.UID)?.readable),
      unreadableProxies: [...this.proxyInfos.keys()].filter((uid) => !this.proxies.get(uid)?.readable),
      now: { monotonicMs: this.nowMs, wallTime: new Date(START_MS + this.nowMs).toISOString() },
    };
  }

  #react(): void {
    if (this.document === null || !this.storeIsUp) return;
    for (const keeper of this.keepers.values()) {
      if (!keeper.manners.alive) continue;
      const before = stateOf(keeper);
      keeper.act(this.document, this.keepers);
      if (stateOf(keeper) !== before) this.publishKeeper(keeper.uid);
    }
    for (const [uid, proxy] of this.proxies) {
      if (!proxy.alive || !proxy.obeys || proxy.generation === this.document.proxy.generation) continue;
      proxy.generation = this.document.proxy.generation;
      this.publishProxy(uid);
    }
    this.#publishInSync();
  }

  /** A primary reports at once when a standby gets in sync. */
  #publishInSync(): void {
    for (const [uid, keeper] of this.keepers) {
      const published = this.keeperInfos.get(uid)?.postgresState;
      if (!published || !keeper.manners.alive || this.document === null) continue;
      const current = keeper.info(this.document, this.keepers).postgresState?.synchronousStandbys ?? [];
      if (current.join() !== published.synchronousStandbys.join()) this.publishKeeper(uid);
    }
  }

  /** Lets time pass: everybody publishes each sleep interval. */
  advance(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    while (this.nowMs < endMs) {
      this.nowMs = Math.min(endMs, this.nowMs + STEP_MS);
      const intervalMs = sleepIntervalMs(this.document);
      const isDue = (uid: string) => this.nowMs - (this.#publishedMs.get(uid) ?? -Infinity) >= intervalMs;
      const published = [...this.keepers.keys(), ...this.proxies.keys()].filter(isDue);
      for (const uid of published) {
        this.publishKeeper(uid);
        this.publishProxy(uid);
      }
      const patienceEnds = [...this.sentinels.values()].some((sentinel) => sentinel.isDue(this.nowMs));
      if (published.length > 0 || patienceEnds || this.nowMs - this.#lookedMs >= intervalMs) this.settle();
    }
  }
}

function stateOf(keeper: FakeKeeper): string {
  const { instance, generation } = keeper;
  return `${instance?.dbUid} ${instance?.timelineID} ${instance?.isPrimary} ${generation}`;
}

function generations(data: ClusterData | null): string {
  if (data === null) return "";
  const dbs = Object.values(data.dbs).map((db) =>
    `${db.uid} ${db.generation} ${db.status.synchronousStandbys}`
  );
  return [data.cluster?.generation, data.cluster?.status.phase, data.proxy.generation, ...dbs].join();
}
