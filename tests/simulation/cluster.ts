/** A whole simulated cluster: the store, the machines with their keepers, sentinels, proxies and clients. */
import type { ClusterSpec } from "../../cluster/spec.ts";
import { Checkers } from "./checkers.ts";
import { Client } from "./client.ts";
import { Clock } from "./clock.ts";
import { Keeper, type KeeperOptions } from "./keeper.ts";
import { emptyDisk, type Machine } from "./machine.ts";
import { Network } from "./network.ts";
import type { PostgresServer } from "./postgres.ts";
import { Proxy } from "./proxy.ts";
import type { Wiring } from "./receiver.ts";
import type { Random } from "./random.ts";
import { Sentinel } from "./sentinel.ts";
import { Store } from "./store.ts";
import type { World } from "./world.ts";

/** What a seed makes of the cluster. */
export interface Shape {
  readonly spec: ClusterSpec;
  readonly keepers: readonly KeeperOptions[];
  readonly sentinels: number;
  readonly proxies: number;
  readonly clients: number;
  /** How far clocks may drift, as a share. */
  readonly drift: number;
}

export class Cluster {
  readonly random: Random;
  readonly network: Network;
  readonly store: Store;
  readonly checkers: Checkers;
  readonly machines: readonly Machine[];
  /** In the order of the machines; undefined: it doesn't run. */
  readonly keepers: (Keeper | undefined)[];
  readonly sentinels: Sentinel[];
  readonly proxies: Proxy[];
  readonly clients: Client[];
  readonly initialSpec: ClusterSpec;
  /** Called once, right after the next promotion. */
  onPromotion: ((machine: Machine) => void) | undefined;
  /** Called once, at the write that elects. */
  onElection: (() => void) | undefined;
  /** Of all machines that ever were. */
  readonly clocks: Clock[] = [];

  constructor(readonly world: World, readonly shape: Shape) {
    this.random = world.random;
    this.initialSpec = shape.spec;
    this.network = new Network(world);
    this.store = new Store(world, this.network);
    this.checkers = new Checkers(this);
    this.machines = shape.keepers.map((_keeper, index) => this.#newMachine(index));
    this.keepers = this.machines.map((machine, index) => this.#newKeeper(machine, index));
    this.sentinels = Array.from({ length: shape.sentinels }, (_, index) => this.#newSentinel(index));
    this.proxies = Array.from({ length: shape.proxies }, (_, index) => this.#newProxy(index));
    this.clients = Array.from({ length: shape.clients }, (_, index) => this.#newClient(index));
    const everybody = [...this.keepers, ...this.sentinels, ...this.proxies, ...this.clients];
    for (const one of everybody) world.after(this.random.between(0, 2000), () => one?.start());
  }

  /** What answers at an address, as seen from a machine. */
  serverAt(from: Machine, address: string): PostgresServer | undefined {
    const machine = this.machines.find((one) => one.address === address);
    if (machine?.server === undefined || !machine.responsive) return undefined;
    return this.network.isOpenBothWays(from.name, machine.name) ? machine.server : undefined;
  }

  startKeeper(index: number): void {
    const machine = this.machines[index];
    if (machine === undefined || this.keepers[index] !== undefined) return;
    const keeper = this.#newKeeper(machine, index);
    this.keepers[index] = keeper;
    keeper.start();
  }

  killKeeper(index: number): void {
    this.keepers[index]?.kill();
    this.keepers[index] = undefined;
  }

  restartSentinel(index: number, { resigns }: { readonly resigns: boolean }): void {
    if (resigns) this.sentinels[index]?.resign();
    this.sentinels[index]?.kill();
    this.sentinels[index] = this.#newSentinel(index);
    this.sentinels[index]?.start();
  }

  restartProxy(index: number): void {
    this.proxies[index]?.kill();
    this.proxies[index] = this.#newProxy(index);
    this.proxies[index]?.start();
  }

  #newMachine(index: number): Machine {
    return {
      name: `machine-${index}`,
      address: `10.0.0.${index + 1}`,
      clock: this.#newClock(),
      disk: emptyDisk(),
      server: undefined,
      responsive: true,
      diskSlowness: 0,
      wiring: this.#newWiring(),
    };
  }

  #newWiring(): Wiring {
    return {
      resolve: (from, address) => this.serverAt(from.machine, address),
      isOpen: (a, b) => this.network.isOpenBothWays(a.machine.name, b.machine.name),
      latencyMs: () => this.network.latencyMs(),
    };
  }

  #newKeeper(machine: Machine, index: number): Keeper {
    const options = this.shape.keepers[index];
    if (options === undefined) throw new Error(`there is no keeper ${index}`);
    return new Keeper(this, machine, options);
  }

  #newSentinel(index: number): Sentinel {
    return new Sentinel(this, `sentinel-${index}`, this.#newClock());
  }

  #newProxy(index: number): Proxy {
    return new Proxy(this, `proxy-${index}`, this.#newClock());
  }

  #newClient(index: number): Client {
    return new Client(this, `client-${index}`, this.#newClock());
  }

  #newClock(): Clock {
    const { drift } = this.shape;
    const clock = new Clock(this.world, 1 + this.random.between(-drift, drift), this.random.between(0, 1e6));
    this.clocks.push(clock);
    return clock;
  }
}
