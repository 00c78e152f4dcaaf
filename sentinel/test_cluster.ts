/** For tests of the loop: sentinels over a real embedded store, with ways to get between a read and a write. */
import type { ClusterData } from "../cluster/clusterdata.ts";
import type { HistoryEntry } from "../cluster/history.ts";
import type { KeeperInfo } from "../cluster/infos.ts";
import type { ClusterSpec } from "../cluster/spec.ts";
import { sleep, systemClock } from "../common/clock.ts";
import type { LogDetails, Logger } from "../common/log.ts";
import { createRegistry } from "../common/metrics.ts";
import { ClusterStore } from "../store/cluster_store.ts";
import { openStore } from "../store/open.ts";
import type { Revision, Store, SwapOptions } from "../store/store.ts";
import { Sentinel } from "./sentinel.ts";
import { SentinelMetrics } from "./sentinel_metrics.ts";

/** Looks for the state often, gives up late: a busy machine is no failure. */
const DEADLINE_MS = 30_000;

/** A line that a sentinel has logged. */
export interface Line {
  readonly level: string;
  readonly message: string;
  readonly details: LogDetails | undefined;
}

/** A sentinel that runs in this process. */
export interface Running {
  readonly uid: string;
  readonly lines: readonly Line[];
  /** As by a signal. */
  stop(): Promise<void>;
}

/** Who a sentinel is, and what happens around its writes. */
export interface Manners {
  readonly uid: string;
  readonly initialSpec?: ClusterSpec;
  /** Awaited before each write of the document. */
  readonly beforeSwap?: (store: ClusterStore, raw: Store) => Promise<void>;
  /** Called after each write of the document that happened; what it throws is what the sentinel gets to see. */
  readonly afterSwap?: (value: string) => void;
  /** Called before each write of another key; what it throws is what the sentinel gets to see. */
  readonly beforePut?: (key: string) => void;
}

/** One store in a directory of its own, and whoever uses it; all of it ends with the scope. */
export class TestCluster implements AsyncDisposable {
  readonly #running: Running[] = [];
  readonly #stores: { close(): Promise<void> }[] = [];

  private constructor(readonly directory: string) {}

  static async create(): Promise<TestCluster> {
    return new TestCluster(await Deno.makeTempDir());
  }

  /** A client that sees keys and text. */
  async rawStore(): Promise<Store> {
    const store = await openStore({
      backend: "sqlite",
      endpoints: [`file://${this.directory}/store.db`],
      prefix: "stolon/cluster",
      clusterName: "test",
      timeoutMs: 5000,
      tls: { skipVerify: false },
    });
    this.#stores.push(store);
    return store;
  }

  /** A client that sees documents. */
  async store(): Promise<ClusterStore> {
    return new ClusterStore(await this.rawStore());
  }

  async sentinel({ uid, initialSpec, beforeSwap, afterSwap, beforePut }: Manners): Promise<Running> {
    const lines: Line[] = [];
    const raw = await this.rawStore();
    const hook = () => beforeSwap?.(new ClusterStore(raw), raw) ?? Promise.resolve();
    const store = new ClusterStore(
      withHooks(await this.rawStore(), {
        before: hook,
        after: afterSwap ?? (() => {}),
        put: beforePut ?? (() => {}),
      }),
    );
    const stop = new AbortController();
    const metrics = new SentinelMetrics(createRegistry({ component: "sentinel", clusterName: "test" }));
    const log = loggerInto(lines);
    const newUid = () => crypto.randomUUID().slice(0, 8);
    const sentinel = new Sentinel({ uid, store, initialSpec, clock: systemClock, newUid, metrics, log });
    const ended = sentinel.run(stop.signal);
    const running = {
      uid,
      lines,
      async stop() {
        stop.abort();
        await ended;
      },
    };
    this.#running.push(running);
    return running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running.map((running) => running.stop()));
    await Promise.all(this.#stores.map((store) => store.close()));
    await Deno.remove(this.directory, { recursive: true });
  }
}

/** Waits until `look` finds something. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const endMs = performance.now() + DEADLINE_MS;
  while (performance.now() < endMs) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(20);
  }
  throw new Error(`not within ${DEADLINE_MS / 1000} s: ${what}`);
}

/** Waits for a document that is as it should be. */
export function eventuallyDocument(
  store: ClusterStore,
  isRight: (data: ClusterData) => boolean,
): Promise<ClusterData> {
  return eventually("the document", async () => {
    const { data } = await store.readClusterData();
    return data !== null && isRight(data) ? data : undefined;
  });
}

/** Waits for a decision in the history. */
export function eventuallyDecided(store: ClusterStore, rule: string): Promise<HistoryEntry> {
  return eventually(
    `a decision of the rule ${rule}`,
    async () => (await store.readHistory()).find((entry) => entry.rule === rule),
  );
}

/** The info of a keeper that has no instance yet. */
export function emptyKeeper(uid: string, clusterUID: string): KeeperInfo {
  return {
    infoUID: crypto.randomUUID(),
    uid,
    clusterUID,
    bootUUID: `${uid}-boot`,
    postgresBinaryVersion: { Maj: 15, Min: 8 },
    canBeMaster: undefined,
    canBeSynchronousReplica: undefined,
    postgresState: null,
  };
}

interface Hooks {
  readonly before: () => Promise<void>;
  readonly after: (value: string) => void;
  readonly put: (key: string) => void;
}

function withHooks(inner: Store, { before, after, put }: Hooks): Store {
  return {
    description: inner.description,
    get: (key, options) => inner.get(key, options),
    list: (prefix, options) => inner.list(prefix, options),
    put(key, value, options) {
      put(key);
      return inner.put(key, value, options);
    },
    async compareAndSwap(key: string, value: string, expected: Revision | undefined, options?: SwapOptions) {
      await before();
      const revision = await inner.compareAndSwap(key, value, expected, options);
      after(value);
      return revision;
    },
    delete: (key, options) => inner.delete(key, options),
    watch: (prefix, options) => inner.watch(prefix, options),
    campaign: (id) => inner.campaign(id),
    leader: (options) => inner.leader(options),
    close: () => inner.close(),
  };
}

function loggerInto(lines: Line[]): Logger {
  const at = (level: string) => (message: string, details?: LogDetails) =>
    void lines.push({ level, message, details });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
