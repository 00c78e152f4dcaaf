/** Clients and servers that behave badly, many of them, and the proxy's own end. */
import { assert, assertEquals, assertFalse, assertLess } from "@std/assert";
import { ProxyStage } from "../servers/proxy_stage.ts";
import { serverTest } from "../servers/server_process.ts";
import { flood, isSocketEnd, readToEnd, startSink, writeAll } from "../servers/sink.ts";
import { tcpTable } from "../servers/tcp_table.ts";
import { waitFor } from "../servers/wait_for.ts";

const MIB = 1024 * 1024;

function openFiles(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/** Writes until the writer has been held back for a second, and returns how much it got rid of. */
async function writeUntilHeldBack(
  conn: Deno.TcpConn,
): Promise<{ written: number; end: () => Promise<void> }> {
  let written = 0;
  const writing = flood(conn, (bytes) => written += bytes).catch((error) => {
    if (!isSocketEnd(error)) throw error;
  });
  await waitFor("the writer to be held back", async () => {
    const before = written;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return written === before && written > 0;
  });
  return {
    written,
    end: async () => {
      conn.close();
      await writing;
    },
  };
}

serverTest("a server that never reads holds its client back, and memory stays bounded", async () => {
  await using sink = startSink("never-read");
  await using stage = await ProxyStage.start();
  await stage.forward({ dbUid: "db", port: sink.port });
  const before = await stage.metric("resident_memory_bytes");
  const floods = await Promise.all(
    Array.from({ length: 20 }, async () => await writeUntilHeldBack(await stage.connect())),
  );
  assertLess(await stage.metric("resident_memory_bytes") - before, 40 * MIB);
  // What a client has sent before it went away is the server's, so the connections last until they are dropped.
  await stage.publish(undefined);
  await waitFor("the connections to end", async () => await stage.metric("connections_open") === 0);
  for (const { end } of floods) await end();
});

serverTest("a client that never reads holds its server back, and memory stays bounded", async () => {
  await using sink = startSink("never-stop-writing");
  await using stage = await ProxyStage.start();
  await stage.forward({ dbUid: "db", port: sink.port });
  const before = await stage.metric("resident_memory_bytes");
  const clients = await Promise.all(Array.from({ length: 20 }, () => stage.connect()));
  let last = -1;
  await waitFor("the servers to be held back", async () => {
    const now = await stage.metric('bytes_total{direction="to_client"}');
    const isStill = now === last && now > 0;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return isStill;
  });
  assertLess(await stage.metric("resident_memory_bytes") - before, 40 * MIB);
  for (const client of clients) client.close();
  await waitFor("the connections to end", async () => await stage.metric("connections_open") === 0);
  assertEquals(sink.open(), 0);
});

serverTest("half-close is passed on in both directions, and nothing is lost behind it", async (t) => {
  await using stage = await ProxyStage.start();
  const bytes = new Uint8Array(8 * MIB);
  await t.step("the client ends first, the server answers at length", async () => {
    await using server = oneConnection(async (conn) => {
      assertEquals(await readToEnd(conn), bytes.length);
      await writeAll(conn, bytes);
    });
    await stage.forward({ dbUid: "a", port: server.port });
    using client = await stage.connect();
    await writeAll(client, bytes);
    await client.closeWrite();
    assertEquals(await readToEnd(client), bytes.length);
  });
  await t.step("the server ends first, the client goes on writing", async () => {
    let received = 0;
    await using server = oneConnection(async (conn) => {
      await conn.closeWrite();
      received = await readToEnd(conn);
    });
    await stage.forward({ dbUid: "b", port: server.port });
    using client = await stage.connect();
    assertEquals(await readToEnd(client), 0);
    await writeAll(client, bytes);
    await client.closeWrite();
    await server.served;
    assertEquals(received, bytes.length);
  });
});

function oneConnection(serve: (conn: Deno.TcpConn) => Promise<void>) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = (async () => {
    using conn = await listener.accept();
    await serve(conn);
  })();
  return {
    port: listener.addr.port,
    served,
    async [Symbol.asyncDispose]() {
      await served;
      listener.close();
    },
  };
}

serverTest("10,000 connections come and go, and no socket is left", async () => {
  await using sink = startSink("echo");
  await using stage = await ProxyStage.start({ spec: { proxyTimeout: "30s", proxyCheckInterval: "5s" } });
  await stage.forward({ dbUid: "db", port: sink.port });
  const { pid } = stage.process;
  const visit = async (index: number) => {
    using client = await stage.connect();
    // A third ends without a word, a third in mid-conversation, a third in good order.
    if (index % 3 === 0) return;
    await client.write(new Uint8Array(10));
    if (index % 3 === 1) return;
    assertEquals(await client.read(new Uint8Array(16)), 10);
    await client.closeWrite();
    assertEquals(await client.read(new Uint8Array(16)), null);
  };
  const visits = async (count: number) => {
    const walkers = Array.from({ length: 50 }, async (_, walker) => {
      for (let index = walker; index < count; index += 50) await visit(index);
    });
    await Promise.all(walkers);
    await waitFor("all connections to end", async () => await stage.metric("connections_open") === 0);
  };
  await visits(500);
  const before = openFiles(pid);
  await visits(9_500);
  await waitFor("all sockets to be closed", () => openFiles(pid) <= before + 2);
  await waitFor("the server's side to end", () => sink.open() === 0);
  assertEquals(await stage.metric("connections_accepted_total"), 10_000);
});

serverTest("a primary that cannot be reached: the client is closed, the reason counted", async (t) => {
  await using stage = await ProxyStage.start();
  await t.step("refused", async () => {
    // Nobody listens on the neighbouring address, and nobody else gets the port meanwhile.
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await stage.forward({ dbUid: "a", host: "127.0.0.2", port: listener.addr.port });
    using client = await stage.connect();
    await assertEnds(client);
    assertEquals(await stage.metric('connections_refused_total{reason="connect_failed"}'), 1);
  });
  await t.step("no answer: the connect has a limit", async () => {
    // A full backlog answers no further connect.
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
    const address = { hostname: "127.0.0.1", port: listener.addr.port };
    const full = await Promise.all([Deno.connect(address), Deno.connect(address)]);
    await stage.forward({ dbUid: "b", port: listener.addr.port });
    using client = await stage.connect();
    await assertEnds(client);
    assertEquals(await stage.metric('connections_refused_total{reason="connect_failed"}'), 2);
    for (const conn of full) conn.close();
  });
  await t.step("a name that does not resolve", async () => {
    await stage.publish({ dbUid: "c", host: "no-such-host.invalid", port: 1 });
    await stage.confirmed();
    using client = await stage.connect();
    await assertEnds(client);
    assertEquals(await stage.metric('connections_refused_total{reason="unresolved_address"}'), 1);
  });
  await t.step("a name that does", async () => {
    await using sink = startSink("echo");
    await stage.forward({ dbUid: "d", host: "localhost", port: sink.port });
    using client = await stage.connect();
    await client.write(new Uint8Array(4));
    assertEquals(await client.read(new Uint8Array(8)), 4);
  });
});

async function assertEnds(client: Deno.TcpConn): Promise<void> {
  try {
    assertEquals(await client.read(new Uint8Array(1)), null);
  } catch (error) {
    if (!isSocketEnd(error)) throw error;
  }
}

serverTest(
  "SIGTERM: no longer listening, running connections get the drain timeout, the info is taken away",
  async (t) => {
    await using sink = startSink("echo");
    const options = { spec: { proxyTimeout: "30s" }, args: ["--drain-timeout=60s"] };
    await t.step("they end by themselves within it", async () => {
      await using stage = await ProxyStage.start(options);
      await stage.forward({ dbUid: "db", port: sink.port });
      const client = await stage.connect();
      const stopped = stage.process.stop("SIGTERM");
      await waitFor("the port to be closed", async () => !(await stage.isListening()));
      assertFalse((await stage.get("/readyz")).ok);
      await client.write(new Uint8Array(4));
      assertEquals(await client.read(new Uint8Array(8)), 4);
      client.close();
      await stopped;
      assertEquals((await stage.store.listProxyInfos()).infos, []);
    });
    await t.step("without it they are dropped at once", async () => {
      await using stage = await ProxyStage.start();
      await stage.forward({ dbUid: "db", port: sink.port });
      using client = await stage.connect();
      await client.write(new Uint8Array(4));
      assertEquals(await client.read(new Uint8Array(8)), 4);
      await stage.process.stop("SIGTERM");
      await assertEnds(client);
      assertEquals((await stage.store.listProxyInfos()).infos, []);
    });
  },
);

serverTest("keepalive: the idle time is the flag's, what cannot be set is told once", async () => {
  await using sink = startSink("echo");
  await using stage = await ProxyStage.start({
    args: ["--tcp-keepalive-idle=77", "--tcp-keepalive-count=3"],
  });
  await stage.forward({ dbUid: "db", port: sink.port });
  using client = await stage.connect();
  await client.write(new Uint8Array(4));
  assertEquals(await client.read(new Uint8Array(8)), 4);
  const timers = tcpTable().filter(({ localPort, remotePort }) =>
    localPort === stage.port || remotePort === sink.port
  )
    .filter(({ state }) => state === "established").map(({ timer }) => timer);
  assertEquals(timers.map(({ kind }) => kind), ["keepalive", "keepalive"]);
  for (const { seconds } of timers) {
    assert(seconds > 30 && seconds <= 77.5, `${seconds} s until the first probe`);
  }
  assert(stage.process.tail().includes('"flags": ["--tcp-keepalive-count"]'));
});
