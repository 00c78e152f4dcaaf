/** A proxy's life: looks at every change of the document and once per interval, clients in between, an orderly end. */
import { type Clock, sleep, systemClock, timeLimit } from "../common/clock.ts";
import { describeError, FatalError } from "../common/errors.ts";
import type { Health } from "../common/http.ts";
import type { Logger } from "../common/log.ts";
import { PassLoop } from "../common/pass_loop.ts";
import type { ClusterStore } from "../store/cluster_store.ts";
import type { Registry } from "prom-client";
import { Gate } from "./gate.ts";
import { Lanes } from "./lanes.ts";
import { Looker } from "./look.ts";
import { ProxyMetrics, type ProxyState } from "./proxy_metrics.ts";
import { REFUSAL_MEANING } from "./route.ts";

/** Until the spec has been read. */
const FIRST_INTERVAL_MS = 5000;
/** Each of the two things that concern the store at the end may take this long. */
const STOP_LIMIT_MS = 1000;
/** A lasting failure is told again after this long. */
const REPEAT_FAILURE_MS = 60_000;

export interface ProxyOptions {
  readonly uid: string;
  /** Owned: closed at the end. */
  readonly store: ClusterStore;
  readonly hostname: string;
  readonly port: number;
  /** Close the listening socket when the deadline has passed. */
  readonly stopListening: boolean;
  /** 0: the system's default. */
  readonly keepaliveIdleSeconds: number;
  /** How long running connections may go on after the signal to end. */
  readonly drainTimeoutMs: number;
  readonly registry: Registry;
  readonly log: Logger;
  readonly clock?: Clock;
}

/** See the module. */
export class Proxy {
  readonly #options: ProxyOptions;
  readonly #gate: Gate;
  readonly #lanes: Lanes;
  readonly #looker: Looker;
  readonly #metrics: ProxyMetrics;
  readonly #loopEnd = new AbortController();
  readonly #loop: PassLoop;
  #isStopping = false;
  #fatal: FatalError | undefined;
  #failure: { readonly text: string; readonly toldMs: number } | undefined;

  constructor(options: ProxyOptions) {
    this.#options = options;
    const { log, keepaliveIdleSeconds, hostname, port, uid, store, clock = systemClock } = options;
    // Bytes are moved by the lanes, which have gates of their own; this one knows what they may do.
    this.#gate = new Gate({ clock, drop: () => {}, onExpired: () => this.#expired() });
    this.#lanes = new Lanes({
      hostname,
      port,
      log,
      keepaliveIdleSeconds,
      onDeath: (error) => this.#end(error),
      // Its clocks may have jumped and come back, unseen by this gate.
      onExpired: () => this.#loop.poke("deadline"),
    });
    this.#metrics = new ProxyMetrics(options.registry, {
      lanes: this.#lanes.counters,
      state: () => this.state(),
    });
    this.#looker = new Looker({
      ...{ uid, store, clock, log, gate: this.#gate, lanes: this.#lanes },
      isStopping: () => this.#isStopping,
    });
    this.#loop = new PassLoop({
      pass: (_reasons, signal) => this.#pass(signal),
      intervalMs: () => this.#looker.orders?.proxyCheckIntervalMs ?? FIRST_INTERVAL_MS,
      signal: this.#loopEnd.signal,
      onError: (error) => this.#lookFailed(error),
    });
  }

  /**
   * Serves until `signal` is aborted, then ends within the drain timeout and what the store may take.
   * @throws {FatalError} when it can't listen
   */
  async run(signal: AbortSignal): Promise<void> {
    const watching = this.#watch();
    const looping = this.#loop.run();
    const stopping = aborted(signal);
    await Promise.race([looping, stopping.promise]);
    stopping.forget();
    this.#isStopping = true;
    this.#stopListening();
    if (this.#fatal === undefined) await this.#drain();
    this.#loopEnd.abort();
    this.#gate[Symbol.dispose]();
    const [hasDropped] = await Promise.all([this.#endLanes(), looping, watching]);
    await this.#leave(hasDropped);
    if (this.#fatal !== undefined) throw this.#fatal;
  }

  /** Whether a client that comes now would be served. */
  ready(): Health {
    if (this.#isStopping) return { ok: false, reason: "stopping" };
    if (!this.#lanes.isOpen) return { ok: false, reason: "not listening" };
    const admitted = this.#gate.admit();
    if (typeof admitted === "string") return { ok: false, reason: REFUSAL_MEANING[admitted] };
    return { ok: true, reason: `forwarding to ${admitted.dbUid} at ${admitted.ip}:${admitted.port}` };
  }

  /** What the metrics show. */
  state(): ProxyState {
    return {
      openConnections: this.#lanes.openConnections,
      remainingMs: this.#gate.remainingMs(),
      generation: this.#looker.orders?.generation,
      target: this.#gate.target,
      listening: this.#lanes.isOpen,
    };
  }

  async #pass(signal: AbortSignal): Promise<void> {
    await this.#looker.look(signal);
    this.#metrics.looks.inc({ result: "good" });
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.#options.log.info("the store is read again", { store: this.#options.store.description });
  }

  #lookFailed(error: unknown): void {
    this.#metrics.looks.inc({ result: "failed" });
    if (error instanceof FatalError) {
      this.#end(error);
      return;
    }
    const text = describeError(error);
    const nowMs = performance.now();
    if (this.#failure?.text === text && nowMs - this.#failure.toldMs < REPEAT_FAILURE_MS) return;
    this.#failure = { text, toldMs: nowMs };
    const remainingMs = this.#gate.remainingMs();
    const secondsLeft = remainingMs === undefined ? 0 : Math.max(Math.round(remainingMs / 1000), 0);
    this.#options.log.error("look at the cluster data failed", {
      error: text,
      secondsUntilAllIsDropped: secondsLeft,
    });
  }

  #expired(): void {
    const { log, stopListening } = this.#options;
    log.warn("no successful look within proxyTimeout: forwarding nothing", { stopListening });
    if (stopListening) this.#stopListening();
    this.#loop.poke("deadline");
  }

  #end(error: FatalError): void {
    this.#fatal ??= error;
    this.#loopEnd.abort();
  }

  #stopListening(): void {
    this.#lanes.close().catch((error) =>
      this.#options.log.error("cannot stop listening for clients", { error: describeError(error) })
    );
  }

  /** Whether every lane has said that it has dropped everything. */
  async #endLanes(): Promise<boolean> {
    try {
      await this.#lanes.end();
      return true;
    } catch (error) {
      this.#options.log.warn("a forwarding thread may go on for a moment", { error: describeError(error) });
      return false;
    }
  }

  async #watch(): Promise<void> {
    const { signal } = this.#loopEnd;
    for await (const _hint of this.#options.store.watchClusterData({ signal })) {
      this.#loop.poke("clusterdata");
    }
  }

  async #drain(): Promise<void> {
    const { drainTimeoutMs, log } = this.#options;
    const connections = this.#lanes.openConnections;
    if (drainTimeoutMs === 0 || connections === 0) return;
    log.info("waiting for running connections", { connections, drainTimeoutMs });
    using limit = timeLimit(drainTimeoutMs, this.#loopEnd.signal);
    await this.#lanes.drained(limit.signal);
  }

  /** The sentinel need not wait for a proxy that says goodbye, and that forwards nothing any more. */
  async #leave(hasDropped: boolean): Promise<void> {
    const { store, uid, log } = this.#options;
    using limit = timeLimit(STOP_LIMIT_MS);
    try {
      if (hasDropped && this.#looker.orders !== undefined) {
        await store.removeInfo("proxy", uid, { signal: limit.signal });
      }
    } catch (error) {
      log.warn("could not remove this proxy's info; it expires by itself", { error: describeError(error) });
    }
    await Promise.race([store.close(), sleep(STOP_LIMIT_MS)]);
  }
}

function aborted(signal: AbortSignal): { readonly promise: Promise<void>; readonly forget: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const onAbort = () => resolve();
  if (signal.aborted) resolve();
  else signal.addEventListener("abort", onAbort, { once: true });
  return { promise, forget: () => signal.removeEventListener("abort", onAbort) };
}
