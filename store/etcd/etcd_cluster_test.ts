import { assert, assertEquals, assertRejects } from "@std/assert";
import { sleep } from "../../common/clock.ts";
import { type EtcdServer, startEtcdCluster } from "../../tests/servers/etcd.ts";
import { serverTest } from "../../tests/servers/server_process.ts";
import { waitFor } from "../../tests/servers/wait_for.ts";
import { contractOptions } from "../../tests/store/contract/mod.ts";
import { StoreUnreachableError } from "../errors.ts";
import { FaultClient } from "../../tests/store/faults/mod.ts";
import { openStore } from "../open.ts";

/** The library gives a connection that is being made another second. */
const SETTLE_MS = 1200;

serverTest("etcdv3: three members lose their leader, then their quorum, and get it back", async () => {
  await using cluster = await startEtcdCluster(3);
  await using scope = new AsyncDisposableStack();
  scope.defer(() => sleep(SETTLE_MS));
  const options = { ...contractOptions("etcdv3", cluster.endpoints), timeoutMs: 3000 };
  const open = async (endpoints: readonly string[]) => {
    const store = await openStore({ ...options, endpoints });
    scope.defer(() => store.close());
    return store;
  };
  const direct = await open(cluster.endpoints);
  const clients = await Promise.all(
    ["a", "b", "c"].map(async (name) => scope.use(new FaultClient(await open(cluster.endpoints), name))),
  );
  const allLive = async () => {
    await waitFor("the cluster to serve", async () => await direct.put("k", "1"));
    await Promise.all(clients.map((client) => client.live(direct)));
    await waitFor("one client to lead", () => clients.filter((client) => client.leads).length === 1);
  };
  await allLive();
  const acknowledged = await direct.put("kept", "acknowledged");

  const first = await cluster.leader();
  await first.process.stop();
  await allLive();

  const rest = cluster.members.filter((member) => member !== first);
  const second = rest[0] as EtcdServer;
  await second.process.stop();
  await assertRejects(() => direct.put("k", "2"), StoreUnreachableError);
  await assertRejects(() => direct.get("k"), StoreUnreachableError);
  await second.process.start();
  await allLive();
  assertEquals((await direct.get("kept"))?.revision, acknowledged);

  await first.process.start();
  await allLive();
});

serverTest("etcdv3: a member that is cut off from its cluster is left for another one", async () => {
  await using cluster = await startEtcdCluster(3);
  await using scope = new AsyncDisposableStack();
  scope.defer(() => sleep(SETTLE_MS));
  const options = contractOptions("etcdv3", cluster.endpoints);
  const store = await openStore({ ...options, timeoutMs: 6000 });
  scope.defer(() => store.close());
  for (const member of cluster.members) {
    await store.put("k", "1");
    member.process.freeze();
    const entry = await waitFor("a read past the frozen member", async () => await store.get("k"));
    assertEquals(entry.value, "1");
    await waitFor("a write past the frozen member", async () => await store.put("k", "1"));
    member.process.thaw();
    await waitFor(
      "the member to be back",
      async () => (await member.ctl("endpoint", "health")) !== undefined,
    );
  }
});

serverTest("etcdv3: a server that was never there does not keep a client from the others", async () => {
  await using cluster = await startEtcdCluster(1);
  for (let round = 0; round < 5; round++) {
    const endpoints = ["127.0.0.1:1", ...cluster.endpoints, "http://127.0.0.1:2"];
    const store = await openStore(contractOptions("etcdv3", endpoints));
    try {
      assert(await store.put("k", "1"));
      assertEquals((await store.get("k"))?.value, "1");
    } finally {
      await store.close();
    }
  }
  await sleep(SETTLE_MS);
});
