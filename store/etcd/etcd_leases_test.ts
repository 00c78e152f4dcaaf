import { assert, assertEquals, assertMatch } from "@std/assert";
import { startEtcd } from "../../tests/servers/etcd.ts";
import { serverTest } from "../../tests/servers/server_process.ts";
import { waitFor } from "../../tests/servers/wait_for.ts";
import { contractOptions, openOwned } from "../../tests/store/contract/mod.ts";

function leases(listed: string): string[] {
  return listed.split("\n").slice(1).filter((line) => line !== "");
}

serverTest(
  "etcdv3: a publisher keeps one lease, and replaces one that has gone in the same call",
  async () => {
    await using server = await startEtcd();
    await using owned = await openOwned(contractOptions("etcdv3", [server.endpoint]));
    await using other = await openOwned(contractOptions("etcdv3", [server.endpoint]));
    const { store } = owned;
    for (let round = 0; round < 10; round++) {
      await store.put("keepers/info/a", String(round), {
        ttlMs: 20_000,
      });
    }
    const [lease = "", ...more] = leases(await server.ctl("lease", "list"));
    assertEquals(more, []);
    for (const value of ["changed", "9"]) {
      await server.ctl("lease", "revoke", leases(await server.ctl("lease", "list"))[0] ?? "");
      assertEquals(await other.store.get("keepers/info/a"), undefined);
      await store.put("keepers/info/a", value, { ttlMs: 20_000 });
      assertEquals((await other.store.get("keepers/info/a"))?.value, value);
    }
    const [renewed = "", ...others] = leases(await server.ctl("lease", "list"));
    assertEquals(others, []);
    assert(renewed !== lease);
    assertMatch(await server.ctl("lease", "timetolive", renewed), /granted with TTL\(20s\)/);
    await store.put("keepers/info/a", "9", { ttlMs: 40_000 });
    const [longer = ""] = leases(await server.ctl("lease", "list"));
    assertMatch(await server.ctl("lease", "timetolive", longer), /granted with TTL\(40s\)/);
    assertEquals((await other.store.get("keepers/info/a"))?.value, "9");
    assertEquals(leases(await server.ctl("lease", "list")).length, 1);
  },
);

serverTest("etcdv3: a value that has not changed is not written again", async () => {
  await using server = await startEtcd();
  await using owned = await openOwned(contractOptions("etcdv3", [server.endpoint]));
  const first = await owned.store.put("sentinels/info/a", "1", { ttlMs: 20_000 });
  const again = await owned.store.put("sentinels/info/a", "1", { ttlMs: 20_000 });
  assertEquals(again, first);
  await server.ctl("put", "stolon/cluster/contract/sentinels/info/a", "foreign");
  await owned.store.put("sentinels/info/a", "1", { ttlMs: 20_000 });
  assertEquals((await owned.store.get("sentinels/info/a"))?.value, "1");
});

serverTest("etcdv3: a watch goes on over compaction and a restart of the server", async () => {
  await using server = await startEtcd();
  await using owned = await openOwned(contractOptions("etcdv3", [server.endpoint]));
  const { store } = owned;
  let seen: string | undefined;
  const end = new AbortController();
  const watching = (async () => {
    for await (const _ of store.watch("clusterdata", { signal: end.signal })) {
      // The server may go while we ask; the next hint comes when it is back.
      seen = (await store.get("clusterdata").catch(() => undefined))?.value ?? seen;
    }
  })();
  for (let value = 0; value < 20; value++) await store.put("clusterdata", String(value));
  await waitFor("the last value", () => seen === "19");
  await server.ctl("compact", (await store.get("clusterdata"))?.revision ?? "");
  await server.process.stop();
  await server.process.start();
  for (let value = 20; value < 30; value++) {
    await server.ctl("put", "stolon/cluster/contract/clusterdata", String(value));
  }
  await server.ctl("compact", String(Number((await store.get("clusterdata"))?.revision)));
  await waitFor("the last value after the restart", () => seen === "29");
  end.abort();
  await watching;
});
