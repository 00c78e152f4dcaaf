/** What clients see of a store that is cut off, slow, frozen, and back. */
import { assert, assertEquals, assertFalse } from "@std/assert";
import { startEtcd } from "../servers/etcd.ts";
import { ProxyStage } from "../servers/proxy_stage.ts";
import { Relay } from "../servers/relay.ts";
import { serverTest } from "../servers/server_process.ts";
import { startSink } from "../servers/sink.ts";
import { waitFor } from "../servers/wait_for.ts";

async function isServed(stage: ProxyStage): Promise<boolean> {
  using client = await stage.connect();
  await client.write(new Uint8Array(3));
  return await client.read(new Uint8Array(8)) === 3;
}

serverTest(
  "store cut off, back, slow, frozen: dropped after proxyTimeout, served again by itself",
  async (t) => {
    await using etcd = await startEtcd();
    await using relay = new Relay(Number(new URL(etcd.endpoint).port));
    await using sink = startSink("echo");
    await using stage = await ProxyStage.start({
      etcd: { own: etcd.endpoint, proxys: `http://127.0.0.1:${relay.port}` },
      spec: { proxyCheckInterval: "500ms", proxyTimeout: "8s" },
    });
    await stage.forward({ dbUid: "db", port: sink.port });
    const outage = async (begin: () => void, end: () => void) => {
      using client = await stage.connect();
      await client.write(new Uint8Array(1));
      assertEquals(await client.read(new Uint8Array(8)), 1);
      begin();
      await waitFor("the connection to be dropped", () => sink.open() === 0);
      await waitFor("the port to be closed", async () => !(await stage.isListening()));
      assertFalse((await stage.get("/readyz")).ok);
      assertEquals(await stage.metric("deadline_seconds"), 0);
      end();
      await waitFor("clients to be served again", async () => (await stage.get("/readyz")).ok);
      assert(await isServed(stage));
    };
    await t.step("cut off", () => outage(() => relay.cut(), () => relay.mend()));
    await t.step("frozen", () => outage(() => etcd.process.freeze(), () => etcd.process.thaw()));
    await t.step("slow, but answering in time", async () => {
      using client = await stage.connect();
      const looks = await stage.metric('looks_total{result="good"}');
      relay.delayMs = 50;
      await waitFor(
        "further looks",
        async () => await stage.metric('looks_total{result="good"}') > looks + 3,
      );
      await client.write(new Uint8Array(1));
      assertEquals(await client.read(new Uint8Array(8)), 1);
      relay.delayMs = 0;
    });
    await t.step("too slow", () => outage(() => relay.delayMs = 4000, () => relay.delayMs = 0));
  },
);

serverTest(
  "--stop-listening=false: the port stays open without a store, and clients are closed at once",
  async () => {
    await using etcd = await startEtcd();
    await using sink = startSink("echo");
    await using stage = await ProxyStage.start({
      etcd: { own: etcd.endpoint, proxys: etcd.endpoint },
      args: ["--stop-listening=false"],
    });
    await stage.forward({ dbUid: "db", port: sink.port });
    assert(await isServed(stage));
    etcd.process.freeze();
    await waitFor("the right to run out", async () => await stage.metric("deadline_seconds") === 0);
    assert(await stage.isListening());
    using client = await stage.connect();
    assertEquals(await client.read(new Uint8Array(1)), null);
    assert(await stage.metric('connections_refused_total{reason="deadline_passed"}') >= 1);
    assertFalse((await stage.get("/readyz")).ok);
    etcd.process.thaw();
    await waitFor("clients to be served again", async () => (await stage.get("/readyz")).ok);
    assert(await isServed(stage));
  },
);

serverTest(
  "a proxy that starts without a store does not listen, keeps trying, and serves when it is there",
  async () => {
    await using etcd = await startEtcd();
    await using relay = new Relay(Number(new URL(etcd.endpoint).port));
    await using sink = startSink("echo");
    relay.cut();
    const starting = ProxyStage.start({
      etcd: { own: etcd.endpoint, proxys: `http://127.0.0.1:${relay.port}` },
    });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    relay.mend();
    await using stage = await starting;
    await stage.forward({ dbUid: "db", port: sink.port });
    assert(await isServed(stage));
  },
);
