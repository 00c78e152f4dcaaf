/** A simulated proxy process: the real routing in the order that it asks for, and connections that are cut at once. */
import {
  chosenTarget,
  forwardingDeadline,
  infoToPublish,
  type Instant,
  isPast,
  keptTarget,
  type Orders,
  type Publication,
  readOrders,
  type Target,
} from "../../proxy/route.ts";
import type { Clock } from "./clock.ts";
import type { Cluster } from "./cluster.ts";
import { Process, type Routine, Wakeup } from "./process.ts";
import type { Random } from "./random.ts";
import { StoreClient, Unreachable } from "./store_client.ts";

/** A client's way through a proxy. */
export interface Connection {
  open: boolean;
  readonly target: Target;
  onDrop: () => void;
}

export class Proxy {
  readonly uid: string;
  readonly process: Process;
  readonly connections = new Set<Connection>();
  readonly #store: StoreClient;
  readonly #random: Random;
  readonly #wakeup = new Wakeup();
  readonly #unwatch: () => void;
  #target: Target | undefined;
  #deadline: Instant | undefined;
  #published: Publication | undefined;
  #generation = 0;

  constructor(private readonly cluster: Cluster, readonly node: string, private readonly clock: Clock) {
    this.process = new Process(cluster.world, node, clock);
    this.#random = cluster.random.fork(`${node} ${cluster.world.nowMs}`);
    this.uid = this.#random.uid();
    this.#store = new StoreClient(this.process, node, cluster.store, cluster.network);
    this.#unwatch = cluster.store.watch({
      node,
      prefixes: ["clusterdata"],
      hint: () => this.process.do(() => this.#wakeup.poke("hint")),
    });
  }

  start(): void {
    this.process.start(this.#loop());
  }

  kill(): void {
    this.process.kill();
    this.#unwatch();
    this.#drop(() => true);
  }

  /** Where a byte that arrives now would go. A frozen proxy moves none. */
  forwardsTo(): { readonly target: Target; readonly generation: number } | undefined {
    if (!this.process.running || this.#target === undefined || this.#deadline === undefined) return undefined;
    if (isPast(this.#deadline, this.#now())) return undefined;
    return { target: this.#target, generation: this.#generation };
  }

  connect(): Connection | undefined {
    const target = this.forwardsTo()?.target;
    if (target === undefined) return undefined;
    const connection = { open: true, target, onDrop: () => {} };
    this.connections.add(connection);
    return connection;
  }

  close(connection: Connection): void {
    connection.open = false;
    this.connections.delete(connection);
  }

  /** Whether a byte of this connection may pass; past the deadline everything is dropped. */
  maypass(connection: Connection): boolean {
    if (!connection.open || !this.process.running) return false;
    if (this.forwardsTo()?.target.dbUid === connection.target.dbUid) return true;
    this.#drop(() => true);
    return false;
  }

  #now(): Instant {
    return { monotonicMs: this.clock.monotonicMs(), wallMs: this.clock.wallMs() };
  }

  #drop(which: (connection: Connection) => boolean): void {
    for (const connection of [...this.connections]) {
      if (!which(connection)) continue;
      this.close(connection);
      connection.onDrop();
    }
  }

  *#loop(): Routine {
    while (true) {
      let pauseMs = 1000;
      try {
        const orders = yield* this.#look();
        pauseMs = orders.proxyCheckIntervalMs;
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
      }
      yield* this.process.sleep(100);
      yield* this.#wakeup.wait(this.process, pauseMs);
    }
  }

  /** @throws {Unreachable} when the look has failed: the deadline runs on */
  *#look(): Routine<Orders> {
    const startedAt = this.#now();
    const { data } = yield* this.#store.readDocument();
    const orders = readOrders(data, this.uid);
    const kept = keptTarget(this.#target, orders);
    this.#take(kept);
    const ips = orders.destination === undefined ? [] : [orders.destination.host];
    const chosen = chosenTarget(kept, { orders, ips });
    if (kept !== undefined && chosen?.ip !== kept.ip) this.#take(undefined);
    const publication = infoToPublish(this.#published, { orders, startedAt });
    if (publication !== undefined) yield* this.#publish(publication);
    if (chosen?.dbUid !== this.#target?.dbUid) {
      this.cluster.world.note(this.node, `forwards to db ${chosen?.dbUid}`);
    }
    this.#target = chosen;
    this.#generation = orders.generation ?? 0;
    this.#deadline = forwardingDeadline(startedAt, orders);
    return orders;
  }

  #take(kept: Target | undefined): void {
    if (this.#target === kept) return;
    this.cluster.world.note(this.node, `drops what goes to db ${this.#target?.dbUid}`);
    this.#target = kept;
    this.#drop(() => true);
  }

  *#publish(publication: Publication): Routine {
    const info = {
      infoUID: this.#random.uid(),
      UID: this.uid,
      Generation: publication.generation,
      ProxyTimeout: BigInt(Math.round(publication.proxyTimeoutMs * 1_000_000)),
    };
    const ttlMs = Math.max(20_000, 2 * publication.proxyTimeoutMs);
    yield* this.#store.publish(`proxies/info/${this.uid}`, info, ttlMs);
    this.#published = publication;
  }
}
