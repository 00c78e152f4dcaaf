/** A process's connection to the store: requests and replies travel the network, and either may get lost. */
import type { ClusterData } from "../../cluster/clusterdata.ts";
import type { KeeperInfo, ProxyInfo } from "../../cluster/infos.ts";
import type { Network } from "./network.ts";
import { type Process, type Routine, TIMED_OUT } from "./process.ts";
import { type Store, STORE_NODE, type SwapRequest } from "./store.ts";

const STORE_TIMEOUT_MS = 5000;

/** No answer in time; a write may have happened. */
export class Unreachable extends Error {}

/** The revision was another one. */
export class Conflict extends Error {}

export interface ReadDocument {
  readonly data: ClusterData | null;
  readonly revision: number | undefined;
}

export class StoreClient {
  constructor(
    private readonly process: Process,
    private readonly node: string,
    private readonly store: Store,
    private readonly network: Network,
  ) {}

  /** @throws {Unreachable} */
  *readDocument(): Routine<ReadDocument> {
    const entry = yield* this.#call((store) => store.get("clusterdata"));
    return { data: (entry?.value ?? null) as ClusterData | null, revision: entry?.revision };
  }

  /** @throws {Unreachable} */
  *listKeepers(): Routine<readonly KeeperInfo[]> {
    return (yield* this.#call((store) => store.list("keepers/info/"))) as KeeperInfo[];
  }

  /** @throws {Unreachable} */
  *listProxies(): Routine<readonly ProxyInfo[]> {
    return (yield* this.#call((store) => store.list("proxies/info/"))) as ProxyInfo[];
  }

  /** @throws {Unreachable} */
  *publish(key: string, value: unknown, ttlMs: number): Routine {
    yield* this.#call((store) => store.put(key, value, ttlMs));
  }

  /** @throws {Unreachable} @throws {Conflict} */
  *swap(request: SwapRequest): Routine<number> {
    const revision = yield* this.#call((store) => store.swap(request));
    if (revision === undefined) throw new Conflict();
    return revision;
  }

  /** @throws {Unreachable} */
  *campaign(candidate: string, session: number | undefined): Routine<{ session: number; leads: boolean }> {
    return yield* this.#call((store) => store.campaign(candidate, session));
  }

  *#call<T>(request: (store: Store) => T): Routine<T> {
    const reply = yield* this.process.await<T>((resume) => this.#send(request, resume), STORE_TIMEOUT_MS);
    if (reply === TIMED_OUT) throw new Unreachable();
    return reply;
  }

  #send<T>(request: (store: Store) => T, resume: (value: T) => void): void {
    this.network.send(this.node, STORE_NODE, () => {
      if (this.store.away) return;
      const result = request(this.store);
      this.network.send(STORE_NODE, this.node, () => resume(result));
    });
  }
}
