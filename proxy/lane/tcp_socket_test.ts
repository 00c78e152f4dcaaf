import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { canReset, TcpSocket } from "./tcp_socket.ts";
import type { Finding } from "./test_shortage.ts";

/** Writes until the peer, which does not read, holds it back. Resolves to what was taken over. */
async function fill(
  socket: TcpSocket,
): Promise<{ readonly written: number; readonly failed: Promise<unknown> }> {
  let written = 0;
  const chunk = new Uint8Array(64 * 1024);
  const failed: Promise<unknown> = (async () => {
    for (;;) {
      const bytes = await socket.write(chunk);
      written += bytes;
      if (bytes < chunk.length) socket.prepareReset();
    }
  })().catch((error) => error);
  for (let before = -1; before !== written;) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return { written, failed };
}

async function pair(): Promise<{ readonly socket: TcpSocket; readonly peer: Deno.TcpConn }> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [conn, peer] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener.accept(),
  ]);
  return { socket: new TcpSocket(conn, { keepaliveIdleSeconds: 0 }), peer };
}

async function readAll(conn: Deno.TcpConn): Promise<{ readonly received: number; readonly error: unknown }> {
  const buffer = new Uint8Array(64 * 1024);
  let received = 0;
  try {
    for (let bytes = await conn.read(buffer); bytes !== null; bytes = await conn.read(buffer)) {
      received += bytes;
    }
  } catch (error) {
    return { received, error };
  }
  return { received, error: undefined };
}

Deno.test("this version of Deno has the way to a reset", () => assert(canReset()));

Deno.test("a reset throws away what the peer has not received, while a read and a write are pending", async () => {
  const { socket, peer } = await pair();
  const { written, failed } = await fill(socket);
  const reading = assertRejects(() => socket.read(new Uint8Array(1)));
  socket.reset();
  socket.reset();
  socket.end();
  await reading;
  assert(await failed instanceof Error);
  const { received, error } = await readAll(peer);
  assert(error instanceof Deno.errors.ConnectionReset, String(error));
  assertLess(received, written);
  peer.close();
});

Deno.test("an end is graceful: everything that was written arrives", async () => {
  const { socket, peer } = await pair();
  const { written, failed } = await fill(socket);
  socket.end();
  assert(await failed instanceof Error);
  const { received, error } = await readAll(peer);
  assertEquals(error, undefined);
  assert(received >= written);
  peer.close();
});

Deno.test("with no descriptor left a reset is a reset all the same, and none waits that could not be reset", async () => {
  const program = new URL("test_shortage.ts", import.meta.url).pathname;
  const command = 'ulimit -n 128 && exec "$0" run -q -A "$1"';
  const { success, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", command, Deno.execPath(), program],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const findings: Finding[] = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals(findings, [
    ...[1, 2, 3].map(() => ({ what: "dropped", peerSaw: "ConnectionReset", told: [] })),
    { what: "has to wait", peerSaw: "ConnectionReset", told: ["reset at once"] },
  ]);
});
