/** PostgreSQL sessions that have logged in and do nothing. */

/** Protocol 3.0, as the first message of a session says it. */
const PROTOCOL_VERSION = 196_608;
const STARTUP = "user\0postgres\0database\0postgres\0\0";
/** `ReadyForQuery`, idle: the end of every successful start. */
const READY = [0x5a, 0, 0, 0, 5, 0x49];
const AT_ONCE = 20;

/** Opens `count` sessions and returns what closes them. */
export async function openIdle(port: number, count: number): Promise<() => void> {
  const conns: Deno.TcpConn[] = [];
  while (conns.length < count) {
    const next = Math.min(AT_ONCE, count - conns.length);
    conns.push(...await Promise.all(Array.from({ length: next }, () => openSession(port))));
  }
  return () => {
    for (const conn of conns) conn.close();
  };
}

async function openSession(port: number): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(startupMessage());
  const buffer = new Uint8Array(16 * 1024);
  for (let filled = 0; !endsReady(buffer.subarray(0, filled));) {
    const bytes = await conn.read(buffer.subarray(filled));
    if (bytes === null) throw new Error(`the session on port ${port} ended before it was ready`);
    filled += bytes;
  }
  return conn;
}

function startupMessage(): Uint8Array {
  const text = new TextEncoder().encode(STARTUP);
  const message = new Uint8Array(8 + text.length);
  const view = new DataView(message.buffer);
  view.setInt32(0, message.length);
  view.setInt32(4, PROTOCOL_VERSION);
  message.set(text, 8);
  return message;
}

function endsReady(bytes: Uint8Array): boolean {
  return READY.every((byte, index) => bytes[bytes.length - READY.length + index] === byte);
}
