import { Buffer } from "node:buffer";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ByteCount } from "./byte_count.ts";
import { Pace } from "./pace.ts";
import { TcpSocket } from "./tcp_socket.ts";
import { ForwardingEndedError, pump } from "./splice.ts";

async function pair(): Promise<readonly [Deno.TcpConn, Deno.TcpConn]> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener.accept(),
  ]);
}

function own(conn: Deno.TcpConn): TcpSocket {
  return new TcpSocket(conn, { keepaliveIdleSeconds: 0 });
}

async function writeAll(conn: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

async function readAll(conn: Deno.TcpConn): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const buffer = new Uint8Array(10_000);
  for (let bytes = await conn.read(buffer); bytes !== null; bytes = await conn.read(buffer)) {
    chunks.push(buffer.slice(0, bytes));
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

Deno.test("every byte arrives once and in order, in messages small and large, and the end is passed on", async () => {
  const [client, from] = await pair();
  const [to, server] = await pair();
  const sent = new Uint8Array(3_000_000).map((_, index) => (index * 31 + (index >> 8)) & 0xff);
  const count = new ByteCount();
  const pumping = pump(own(from), own(to), { mayForward: () => true, count, pace: new Pace() });
  const received = readAll(server);
  let size = 1;
  for (let at = 0; at < sent.length;) {
    size = size * 3 % 200_003 + 1;
    await writeAll(client, sent.subarray(at, at + size));
    at += size;
  }
  await client.closeWrite();
  await pumping;
  assertEquals(Buffer.compare(await received, sent), 0);
  assertEquals(count.bytes, sent.length);
  for (const conn of [client, from, to, server]) conn.close();
});

Deno.test("the right is asked before every write, also between the parts of one that did not fit", async () => {
  const [client, from] = await pair();
  const [to, server] = await pair();
  let isAllowed = true;
  let asked = 0;
  const count = new ByteCount();
  const mayForward = () => {
    asked++;
    return isAllowed;
  };
  const pumping = assertRejects(
    () => pump(own(from), own(to), { mayForward, count, pace: new Pace() }),
    ForwardingEndedError,
  );
  const writing = writeAll(client, new Uint8Array(30_000_000)).catch((error) => error);
  for (let before = -1; before !== asked;) {
    before = asked;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  assert(asked > 1);
  // The server did not read: a write waits for room. The right ends, then there is room.
  isAllowed = false;
  const reading = readAll(server);
  await pumping;
  to.close();
  const received = await reading;
  assert(received.length - count.bytes < 64 * 1024);
  for (const conn of [client, from, server]) conn.close();
  assert(await writing instanceof Error);
});

/** Counts the writes that were still under way when control went back to the runtime: they were put off, bytes and all. */
class WatchedSocket extends TcpSocket {
  static writes = 0;
  static putOff = 0;

  override async write(bytes: Uint8Array): Promise<number> {
    const writing = super.write(bytes);
    // To wait for room, there is nothing to write.
    if (bytes.length === 0) return await writing;
    WatchedSocket.writes++;
    let isWritten = false;
    writing.then(() => isWritten = true, () => isWritten = true);
    for (let step = 0; step < 8 && !isWritten; step++) await null;
    if (!isWritten) WatchedSocket.putOff++;
    return await writing;
  }
}

for (const clients of [8, 100]) {
  Deno.test(`no write is put off inside the runtime: ${clients} clients at full speed`, async () => {
    const flooding = new Worker(new URL("../../tests/servers/flood_thread.ts", import.meta.url), {
      type: "module",
    });
    const { promise, resolve } = Promise.withResolvers<number>();
    flooding.onmessage = ({ data }) => resolve(data);
    const sinkPort = await promise;
    WatchedSocket.writes = WatchedSocket.putOff = 0;
    using front = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    flooding.postMessage({ port: front.addr.port, clients });
    const pace = new Pace();
    const sockets: TcpSocket[] = [];
    const pumps: Promise<unknown>[] = [];
    while (pumps.length < clients) {
      const from = new TcpSocket(await front.accept(), { keepaliveIdleSeconds: 0 });
      const server = await Deno.connect({ hostname: "127.0.0.1", port: sinkPort });
      const to = new WatchedSocket(server, { keepaliveIdleSeconds: 0 });
      sockets.push(from, to);
      const options = { mayForward: () => WatchedSocket.writes < 20_000, count: new ByteCount(), pace };
      pumps.push(assertRejects(() => pump(from, to, options), ForwardingEndedError));
    }
    await Promise.all(pumps);
    // A buffer that the last write filled to the byte shows only at the next one: rare, and all that is left.
    assert(
      WatchedSocket.putOff <= 2,
      `${WatchedSocket.putOff} of ${WatchedSocket.writes} writes were put off`,
    );
    for (const socket of sockets) socket.reset();
    flooding.terminate();
  });
}
