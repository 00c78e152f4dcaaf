import { assert } from "@std/assert";
import { sleep } from "../../../common/clock.ts";
import { FaultProxy } from "../../servers/fault_proxy.ts";
import type { ServerProcess } from "../../servers/server_process.ts";
import { waitFor } from "../../servers/wait_for.ts";
import { contractOptions } from "../contract/mod.ts";
import { openStore } from "../../../store/open.ts";
import type { Backend } from "../../../store/options.ts";
import type { Election, Leadership, Store } from "../../../store/store.ts";

/** Clients are to be live again within 5 s; a machine that has other work to do gets twice that. */
const LIVE_WITHIN_MS = 10_000;
/** Short, so that a call that cannot be answered ends soon. */
const TIMEOUT_MS = 1500;
const CLIENTS = 3;

/** A server of a fault test. */
export interface FaultServer extends AsyncDisposable {
  readonly endpoint: string;
  readonly process: ServerProcess;
}

/** What the fault suite has to know of a backend. */
export interface FaultBackend {
  readonly name: Backend;
  start(): Promise<FaultServer>;
  /** How long a leader that says nothing more stays one. */
  readonly electionTtlMs: number;
  /** How long the client library keeps timers after its connections were closed. */
  readonly settleMs?: number;
}

/** One client that does all that roles do: reads, swaps, publishes, watches, stands for election. */
export class FaultClient implements AsyncDisposable {
  readonly store: Store;
  readonly #name: string;
  readonly #election: Election;
  readonly #end = new AbortController();
  readonly #watching: Promise<void>;
  #hints = 0;

  constructor(store: Store, name: string) {
    this.store = store;
    this.#name = name;
    this.#election = store.campaign(name);
    this.#watching = (async () => {
      for await (const _ of store.watch("clusterdata", { signal: this.#end.signal })) this.#hints++;
    })();
  }

  get leads(): boolean {
    return this.#election.current() !== undefined;
  }

  get leadership(): Leadership | undefined {
    return this.#election.current();
  }

  /** Waits until everything works, with `writer` making the changes that are to be seen. */
  async live(writer: Store): Promise<void> {
    const within = LIVE_WITHIN_MS;
    const { store } = this;
    await Promise.all([
      waitFor(`${this.#name} to read`, async () => {
        await store.get("clusterdata");
        return true;
      }, within),
      waitFor(`${this.#name} to swap`, async () => {
        const key = `own/${this.#name}`;
        await store.compareAndSwap(key, crypto.randomUUID(), (await store.get(key))?.revision);
        return true;
      }, within),
      waitFor(`${this.#name} to publish`, async () => {
        await store.put(`keepers/info/${this.#name}`, crypto.randomUUID(), { ttlMs: 20_000 });
        return true;
      }, within),
      this.#hinted(writer, within),
    ]);
    assert((await writer.get(`keepers/info/${this.#name}`)) !== undefined);
  }

  async #hinted(writer: Store, within: number): Promise<void> {
    const before = this.#hints;
    await waitFor(`${this.#name} to see a change`, async () => {
      await writer.put("clusterdata", crypto.randomUUID());
      return this.#hints > before;
    }, within);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.store.close();
    await this.#watching;
  }
}

/** A server, the faulty way to it, and who goes that way. */
export class FaultSite implements AsyncDisposable {
  readonly proxy: FaultProxy;
  readonly server: FaultServer;
  /** Goes straight to the server. */
  readonly direct: Store;
  readonly clients: readonly FaultClient[];
  readonly timeoutMs = TIMEOUT_MS;
  readonly #settleMs: number;

  private constructor(parts: Pick<FaultSite, "proxy" | "server" | "direct" | "clients">, settleMs: number) {
    this.#settleMs = settleMs;
    this.proxy = parts.proxy;
    this.server = parts.server;
    this.direct = parts.direct;
    this.clients = parts.clients;
  }

  /** Starts everything and waits until it works. */
  static async start(backend: FaultBackend): Promise<FaultSite> {
    const server = await backend.start();
    const proxy = FaultProxy.to(server.endpoint);
    const open = (endpoint: string) =>
      openStore({ ...contractOptions(backend.name, [endpoint]), timeoutMs: TIMEOUT_MS });
    const direct = await open(server.endpoint);
    const names = Array.from({ length: CLIENTS }, (_, index) => `client${index}`);
    const clients = await Promise.all(
      names.map(async (name) => new FaultClient(await open(`http://127.0.0.1:${proxy.port}`), name)),
    );
    const site = new FaultSite({ proxy, server, direct, clients }, backend.settleMs ?? 0);
    await site.live();
    return site;
  }

  /** The first client's store. */
  get store(): Store {
    const [client] = this.clients;
    if (client === undefined) throw new Error("there are clients");
    return client.store;
  }

  /** Waits until every client works and one of them leads. */
  async live(): Promise<void> {
    await waitFor("the server to serve", async () => {
      await this.direct.get("clusterdata");
      return true;
    });
    await Promise.all(this.clients.map((client) => client.live(this.direct)));
    await waitFor("one client to lead", () => this.clients.filter((client) => client.leads).length === 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.proxy.heal();
    for (const client of this.clients) await client[Symbol.asyncDispose]();
    await this.direct.close();
    await this.proxy[Symbol.asyncDispose]();
    await sleep(this.#settleMs);
    await this.server[Symbol.asyncDispose]();
  }
}
