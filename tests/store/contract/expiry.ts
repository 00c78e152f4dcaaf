import { assert, assertEquals, assertGreaterOrEqual, assertNotEquals } from "@std/assert";
import { sleep } from "../../../common/clock.ts";
import { serverTest } from "../../servers/server_process.ts";
import { PATIENCE_MS, waitFor } from "../../servers/wait_for.ts";
import { type ContractBackend, openOwned } from "./backend.ts";

/** Entries with a time to live. */
export function testExpiry(backend: ContractBackend): void {
  const { ttlMs, lateMs } = backend;

  serverTest(
    `${backend.name}: an entry vanishes after its time to live, not before, and can come back`,
    async () => {
      await using site = await backend.start();
      await using owned = await openOwned(site.options);
      const { store } = owned;
      const gone = () =>
        waitFor(
          "the entry to vanish",
          async () => await store.get("k") === undefined,
          ttlMs + lateMs + PATIENCE_MS,
        );
      for (const value of ["1", "1"]) {
        const writtenAt = performance.now();
        await store.put("k", value, { ttlMs });
        assertEquals((await store.get("k"))?.value, value);
        await gone();
        assertGreaterOrEqual(performance.now() - writtenAt, ttlMs);
      }
    },
  );

  serverTest(`${backend.name}: an entry stays as long as it is written again, changed or not`, async () => {
    await using site = await backend.start();
    await using owned = await openOwned(site.options);
    const { store } = owned;
    const revisions = new Set<string | undefined>();
    for (let round = 0; round < 5; round++) {
      await store.put("same", "x", { ttlMs });
      await store.put("new", String(round), { ttlMs });
      await sleep(ttlMs / 3);
      assertEquals((await store.get("same"))?.value, "x");
      assertEquals((await store.get("new"))?.value, String(round));
      revisions.add((await store.get("new"))?.revision);
    }
    assertEquals(revisions.size, 5);
  });

  serverTest(`${backend.name}: written without a time to live, an entry stays for good`, async () => {
    await using site = await backend.start();
    await using owned = await openOwned(site.options);
    const { store } = owned;
    await store.put("k", "1", { ttlMs });
    await store.put("k", "2");
    await store.put("other", "1", { ttlMs });
    await waitFor(
      "the other entry to vanish",
      async () => await store.get("other") === undefined,
      ttlMs + lateMs + PATIENCE_MS,
    );
    assertEquals((await store.get("k"))?.value, "2");
  });

  serverTest(
    `${backend.name}: an entry that somebody else deleted is there again after the next write`,
    async () => {
      await using site = await backend.start();
      await using owned = await openOwned(site.options);
      await using other = await openOwned(site.options);
      const { store } = owned;
      const first = await store.put("k", "1", { ttlMs });
      await other.store.delete("k");
      assertEquals(await store.get("k"), undefined);
      const second = await store.put("k", "1", { ttlMs });
      assertNotEquals(first, second);
      assertEquals((await other.store.get("k"))?.value, "1");
    },
  );

  serverTest(`${backend.name}: what a client keeps alive goes with it when it closes`, async () => {
    await using site = await backend.start();
    await using owned = await openOwned(site.options);
    await using other = await openOwned(site.options);
    await owned.store.put("k/mine", "1", { ttlMs: 600_000 });
    await owned.store.put("k/lasting", "1");
    await owned.store.close();
    assertEquals((await other.store.list("k/")).map(({ key }) => key), ["k/lasting"]);
    assert(await other.store.put("k/mine", "2", { ttlMs }));
  });
}
