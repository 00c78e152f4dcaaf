/** One look at the store and what follows from it, in the order that keeps former primaries fenced. */
import { instantOf } from "../common/instant.ts";
import type { Clock } from "../common/clock.ts";
import { describeError } from "../common/errors.ts";
import type { Logger } from "../common/log.ts";
import type { ClusterStore } from "../store/cluster_store.ts";
import type { Gate, Grant } from "./gate.ts";
import type { Lanes } from "./lanes.ts";
import { resolveHost } from "./resolve.ts";
import {
  chosenTarget,
  forwardingDeadline,
  infoToPublish,
  type Instant,
  keptTarget,
  type Orders,
  type Publication,
  readOrders,
  type Refusal,
  REFUSAL_MEANING,
  type Target,
} from "./route.ts";

/** A proxy's key lives at least this long. */
const SHORTEST_TTL_MS = 20_000;
const NANOSECONDS_PER_MS = 1_000_000;

export interface LookOptions {
  readonly uid: string;
  readonly store: ClusterStore;
  readonly gate: Gate;
  readonly lanes: Lanes;
  readonly clock: Clock;
  readonly log: Logger;
  /** True once the proxy is ending: it goes on looking, but does not listen again. */
  readonly isStopping: () => boolean;
}

/** See the module. Looks are made one after the other. */
export class Looker {
  readonly #options: LookOptions;
  #published: Publication | undefined;
  #orders: Orders | undefined;
  #told = "";

  constructor(options: LookOptions) {
    this.#options = options;
  }

  /** The last good look's orders. */
  get orders(): Orders | undefined {
    return this.#orders;
  }

  /**
   * Reads the document, drops what must no longer be forwarded, publishes what is obeyed now, and only then forwards.
   * @throws what the store threw, or {SpecError}: the look has failed and the last deadline runs on
   */
  async look(signal: AbortSignal): Promise<void> {
    const { store, gate, uid } = this.#options;
    const startedAt = this.#now();
    const { data } = await store.readClusterData({ signal });
    const orders = readOrders(data, uid);
    await this.#restrict(keptTarget(gate.target, orders), orders);
    const target = await this.#resolve(orders);
    await this.#restrict(target, orders);
    const failure = await this.#publish(orders, { startedAt, signal });
    if (failure !== undefined && orders.masterSet) throw failure.error;
    if (!this.#options.isStopping()) await this.#options.lanes.open();
    await this.#conclude(orders, { target, startedAt });
    // Nothing may be forwarded anyway, but the sentinel waits for this proxy's word: try again soon.
    if (failure !== undefined) throw failure.error;
  }

  async #resolve(orders: Orders): Promise<Target | undefined> {
    const { gate, log } = this.#options;
    if (orders.destination === undefined) return undefined;
    const { host } = orders.destination;
    const { ips, error } = await resolveHost(host);
    if (error !== undefined) {
      log.warn("the master's address does not resolve", { host, error: describeError(error) });
    }
    return chosenTarget(keptTarget(gate.target, orders), { orders, ips });
  }

  async #publish(
    orders: Orders,
    look: { readonly startedAt: Instant; readonly signal: AbortSignal },
  ): Promise<{ readonly error: unknown } | undefined> {
    const { store, uid } = this.#options;
    const next = infoToPublish(this.#published, { orders, startedAt: look.startedAt });
    if (next === undefined) return undefined;
    const info = {
      infoUID: crypto.randomUUID(),
      UID: uid,
      Generation: next.generation,
      ProxyTimeout: BigInt(Math.round(next.proxyTimeoutMs * NANOSECONDS_PER_MS)),
    };
    const ttlMs = Math.max(SHORTEST_TTL_MS, 2 * next.proxyTimeoutMs);
    try {
      await store.publishProxyInfo(info, { ttlMs, signal: look.signal });
    } catch (error) {
      return { error };
    }
    this.#published = next;
    return undefined;
  }

  /** Resolves when whatever does not go to `kept` has been dropped. Asked of the lanes each time: an earlier look may have failed at it. */
  async #restrict(kept: Target | undefined, orders: Orders): Promise<void> {
    const { gate, lanes } = this.#options;
    const refusal = orders.refusal ?? "unresolved_address";
    gate.restrict(kept, refusal);
    await lanes.restrict(kept, refusal);
  }

  async #conclude(
    orders: Orders,
    look: { readonly target: Target | undefined; readonly startedAt: Instant },
  ): Promise<void> {
    const { gate, lanes } = this.#options;
    const { target } = look;
    const refusal = target === undefined ? orders.refusal ?? "unresolved_address" : undefined;
    const grant: Grant = { target, refusal, deadline: forwardingDeadline(look.startedAt, orders) };
    await lanes.grant(grant);
    // Last: whoever asks this one whether clients are served gets an answer that holds in every lane.
    gate.grant(grant);
    this.#orders = orders;
    this.#tell(target, { refusal, generation: orders.generation });
  }

  #tell(
    target: Target | undefined,
    why: { readonly refusal: Refusal | undefined; readonly generation: number | undefined },
  ): void {
    const { log } = this.#options;
    const text = JSON.stringify([target, why]);
    if (text === this.#told) return;
    this.#told = text;
    const generation = why.generation ?? 0;
    if (target !== undefined) {
      log.info("forwarding to the master", {
        db: target.dbUid,
        address: `${target.ip}:${target.port}`,
        generation,
      });
    } else if (why.refusal !== undefined) {
      log.info("forwarding nothing", { reason: REFUSAL_MEANING[why.refusal], generation });
    }
  }

  #now(): Instant {
    const { clock } = this.#options;
    return instantOf(clock);
  }
}
