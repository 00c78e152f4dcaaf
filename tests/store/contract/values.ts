import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { serverTest } from "../../servers/server_process.ts";
import { StoreConflictError, StoreUnreachableError } from "../../../store/errors.ts";
import type { Store } from "../../../store/store.ts";
import { type ContractBackend, openClients, openOwned } from "./backend.ts";

/** Reads, writes, compare-and-swap. */
export function testValues(backend: ContractBackend): void {
  serverTest(`${backend.name}: what is written is read, listed in key order and deleted`, async () => {
    await using site = await backend.start();
    await using owned = await openOwned(site.options);
    const { store } = owned;
    assertEquals(await store.get("clusterdata"), undefined);
    assertEquals(await store.list("keepers/info/"), []);
    await store.delete("clusterdata");
    const values = {
      "keepers/info/b": "",
      "keepers/info/a": '{"x": "\u00e4\u20ac\u{1f600}"}',
      "keepers/infox": "1",
    };
    for (const [key, value] of Object.entries(values)) await store.put(key, value);
    const large = "x".repeat(300_000);
    const revision = await store.put("clusterdata", large);
    assertEquals(await store.get("clusterdata"), { key: "clusterdata", value: large, revision });
    const listed = await store.list("keepers/info/");
    assertEquals(listed.map(({ key, value }) => [key, value]), [
      ["keepers/info/a", values["keepers/info/a"]],
      ["keepers/info/b", ""],
    ]);
    assertEquals((await store.list("keepers/info")).length, 3);
    assertEquals((await store.list("")).length, 4);
    await store.delete("keepers/info/a");
    assertEquals((await store.list("keepers/info/")).map(({ key }) => key), ["keepers/info/b"]);
  });

  serverTest(`${backend.name}: clusters and prefixes in one store do not see each other`, async () => {
    await using site = await backend.start();
    await using one = await openOwned(site.options);
    await using other = await openOwned({ ...site.options, clusterName: "contract2" });
    await using untidy = await openOwned({ ...site.options, prefix: "stolon//./cluster/" });
    await one.store.put("clusterdata", "1");
    assertEquals(await other.store.get("clusterdata"), undefined);
    assertEquals(await other.store.list(""), []);
    assertEquals((await untidy.store.get("clusterdata"))?.value, "1");
  });

  serverTest(
    `${backend.name}: a swap writes over the revision that was read and over nothing else`,
    async () => {
      await using site = await backend.start();
      await using owned = await openOwned(site.options);
      const { store } = owned;
      const first = await store.compareAndSwap("clusterdata", "1", undefined);
      await assertRejects(
        () => store.compareAndSwap("clusterdata", "x", undefined),
        StoreConflictError,
        "clusterdata",
      );
      const second = await store.compareAndSwap("clusterdata", "2", first);
      assertNotEquals(first, second);
      await assertRejects(() => store.compareAndSwap("clusterdata", "x", first), StoreConflictError);
      assertEquals(await store.get("clusterdata"), { key: "clusterdata", value: "2", revision: second });
      const third = await store.put("clusterdata", "3");
      await assertRejects(() => store.compareAndSwap("clusterdata", "x", second), StoreConflictError);
      await store.delete("clusterdata");
      await assertRejects(() => store.compareAndSwap("clusterdata", "x", third), StoreConflictError);
      const again = await store.compareAndSwap("clusterdata", "1", undefined);
      assertNotEquals(again, first);
      await assertRejects(() => store.compareAndSwap("clusterdata", "x", first), StoreConflictError);
    },
  );

  serverTest(`${backend.name}: twenty writers that swap lose no update`, async () => {
    await using site = await backend.start();
    await using clients = await openClients(site.options, 5);
    const each = 5;
    const writers = Array.from({ length: 20 }, (_, index) => {
      const store = clients.stores[index % clients.stores.length];
      if (store === undefined) throw new Error("no client");
      return increment(store, each);
    });
    await Promise.all(writers);
    assertEquals((await clients.stores[0]?.get("counter"))?.value, String(20 * each));
  });

  serverTest(
    `${backend.name}: a read that begins after a write has ended sees it, at any client`,
    async () => {
      await using site = await backend.start();
      await using clients = await openClients(site.options, 3);
      const [writer, ...readers] = clients.stores;
      for (let round = 0; round < 50; round++) {
        const revision = await writer?.put("k/linear", String(round));
        for (const reader of readers) {
          assertEquals((await reader.get("k/linear"))?.revision, revision);
          assertEquals((await reader.list("k/")).map(({ value }) => value), [String(round)]);
        }
      }
    },
  );

  serverTest(`${backend.name}: a call ends with its signal, and none is served after close`, async () => {
    await using site = await backend.start();
    await using owned = await openOwned(site.options);
    const { store } = owned;
    const reason = new Error("no longer wanted");
    const aborted = AbortSignal.abort(reason);
    assertEquals(await assertRejects(() => store.put("k", "1", { signal: aborted })), reason);
    assertEquals(await store.get("k"), undefined);
    await store.close();
    await assertRejects(() => store.get("k"), StoreUnreachableError, "closed");
    await store.close();
  });
}

async function increment(store: Store, times: number): Promise<void> {
  for (let done = 0; done < times;) {
    const entry = await store.get("counter");
    try {
      await store.compareAndSwap("counter", String(Number(entry?.value ?? "0") + 1), entry?.revision);
      done++;
    } catch (error) {
      if (!(error instanceof StoreConflictError)) throw error;
    }
  }
}
