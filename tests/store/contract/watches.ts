import { assertEquals, assertLess } from "@std/assert";
import { sleep } from "../../../common/clock.ts";
import { serverTest } from "../../servers/server_process.ts";
import { PATIENCE_MS, waitFor } from "../../servers/wait_for.ts";
import type { Store } from "../../../store/store.ts";
import { type ContractBackend, openClients, openOwned } from "./backend.ts";

/** A watch whose hints are counted. */
class CountedWatch implements AsyncDisposable {
  count = 0;
  readonly #end = new AbortController();
  readonly #ended: Promise<void>;

  /** `onHint` is what the reader does at each hint, before it looks for the next. */
  constructor(store: Store, prefix: string, onHint: () => Promise<void> = () => Promise.resolve()) {
    this.#ended = (async () => {
      for await (const _ of store.watch(prefix, { signal: this.#end.signal })) {
        this.count++;
        await onHint();
      }
    })();
  }

  /** Waits for a hint that comes after `act` has begun. */
  async hintAfter(what: string, act: () => Promise<unknown>, timeoutMs?: number): Promise<void> {
    const before = this.count;
    await act();
    await waitFor(`a hint after ${what}`, () => this.count > before, timeoutMs);
  }

  ended(): Promise<void> {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#ended;
  }
}

/** Hints. */
export function testWatches(backend: ContractBackend): void {
  serverTest(
    `${backend.name}: a watch hints at its start, at changes, deletions and expiry below its prefix`,
    async () => {
      await using site = await backend.start();
      await using clients = await openClients(site.options, 2);
      const [reader, writer] = clients.stores as [Store, Store];
      await using watch = new CountedWatch(reader, "keepers/info/");
      await waitFor("the first hint", () => watch.count > 0);
      await watch.hintAfter("a write by another client", () => writer.put("keepers/info/a", "1"));
      await watch.hintAfter("another write of it", () => writer.put("keepers/info/a", "2"));
      await watch.hintAfter("an own write", () => reader.put("keepers/info/b", "1"));
      await watch.hintAfter("a deletion", () => writer.delete("keepers/info/a"));
      await watch.hintAfter("a swap", () => writer.compareAndSwap("keepers/info/a", "2", undefined));
      await watch.hintAfter(
        "a write that expires",
        () => writer.put("keepers/info/c", "1", { ttlMs: backend.ttlMs }),
      );
      await watch.hintAfter("expiry", () => Promise.resolve(), backend.ttlMs + backend.lateMs + PATIENCE_MS);
      assertEquals((await reader.list("keepers/info/")).map(({ key }) => key), [
        "keepers/info/a",
        "keepers/info/b",
      ]);
    },
  );

  serverTest(
    `${backend.name}: twenty watchers that read at each hint all end with the latest state`,
    async () => {
      await using site = await backend.start();
      await using clients = await openClients(site.options, 4);
      const writer = clients.stores[0] as Store;
      const seen = new Array<string | undefined>(20).fill(undefined);
      const watches = seen.map((_, index) => {
        const store = clients.stores[index % clients.stores.length] as Store;
        return new CountedWatch(store, "clusterdata", async () => {
          seen[index] = (await store.get("clusterdata"))?.value;
        });
      });
      for (let value = 0; value <= 100; value++) await writer.put("clusterdata", String(value));
      await waitFor("every watcher to see the last value", () => seen.every((value) => value === "100"));
      for (const watch of watches) await watch[Symbol.asyncDispose]();
    },
  );

  serverTest(
    `${backend.name}: a burst of changes is few hints for a reader that takes its time`,
    async () => {
      await using site = await backend.start();
      await using clients = await openClients(site.options, 2);
      const [reader, writer] = clients.stores as [Store, Store];
      let release = () => {};
      const busy = new Promise<void>((resolve) => release = resolve);
      await using watch = new CountedWatch(reader, "k/", () => busy);
      await waitFor("the first hint", () => watch.count === 1);
      for (let round = 0; round < 100; round++) await writer.put("k/burst", String(round));
      // What is still on its way counts, too.
      await sleep(500);
      release();
      await waitFor("a hint for the burst", () => watch.count >= 2);
      assertLess(watch.count, 50);
    },
  );

  serverTest(
    `${backend.name}: a watch ends with its signal, with its reader and with its store`,
    async () => {
      await using site = await backend.start();
      await using owned = await openOwned(site.options);
      const { store } = owned;
      for await (const _ of store.watch("k", { signal: new AbortController().signal })) break;
      for await (const _ of store.watch("k", { signal: AbortSignal.abort() })) {
        throw new Error(
          "a hint after the end",
        );
      }
      await using watch = new CountedWatch(store, "k");
      await waitFor("the first hint", () => watch.count > 0);
      await store.close();
      await watch.ended();
    },
  );
}
