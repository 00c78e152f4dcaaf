import { openStore } from "../../../store/open.ts";
import type { StoreOptions } from "../../../store/options.ts";
import type { Store } from "../../../store/store.ts";

/** What the contract suite has to know of a backend to prove it. */
export interface ContractBackend {
  readonly name: string;
  /** A time to live that the backend grants without rounding it up much. */
  readonly ttlMs: number;
  /** How much later than its time to live an entry may vanish. */
  readonly lateMs: number;
  /** How long a leader that says nothing more stays one. */
  readonly electionTtlMs: number;
  /** Starts a real, empty server. */
  start(): Promise<ContractSite>;
}

/** A server of one test. */
export interface ContractSite extends AsyncDisposable {
  readonly options: StoreOptions;
}

/** Options that say nothing but where: the rest is the suite's. */
export function contractOptions(
  backend: StoreOptions["backend"],
  endpoints: readonly string[],
): StoreOptions {
  return {
    backend,
    endpoints,
    prefix: "stolon/cluster",
    clusterName: "contract",
    timeoutMs: 5000,
    tls: { skipVerify: false },
  };
}

/** A store that is closed with its scope. */
export interface OwnedStore extends AsyncDisposable {
  readonly store: Store;
}

/** Opens a client of its own: connections, leases and watches are shared with nobody. */
export async function openOwned(options: StoreOptions): Promise<OwnedStore> {
  const store = await openStore(options);
  return { store, [Symbol.asyncDispose]: () => store.close() };
}

/** Opens several clients; all are closed with the scope. */
export async function openClients(
  options: StoreOptions,
  count: number,
): Promise<AsyncDisposable & { stores: Store[] }> {
  const stores = await Promise.all(Array.from({ length: count }, () => openStore(options)));
  return {
    stores,
    async [Symbol.asyncDispose]() {
      await Promise.all(stores.map((store) => store.close()));
    },
  };
}
