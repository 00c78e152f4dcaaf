/** For a test, as a thread: clients that write without pause to one port, and a server that reads as fast as it can. */

interface FloodOrder {
  readonly port: number;
  readonly clients: number;
}

interface ThreadScope {
  postMessage(sinkPort: number): void;
  onmessage: ((event: MessageEvent<FloodOrder>) => void) | null;
}

const scope = globalThis as unknown as ThreadScope;
const sink = Deno.listen({ hostname: "127.0.0.1", port: 0 });

function isCutOff(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe;
}

async function flood(port: number): Promise<void> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const chunk = new Uint8Array(64 * 1024);
  try {
    for (;;) await conn.write(chunk);
  } catch (error) {
    if (!isCutOff(error)) throw error;
  }
}

async function drain(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(256 * 1024);
  try {
    while (await conn.read(buffer) !== null);
  } catch (error) {
    if (!isCutOff(error)) throw error;
  }
  conn.close();
}

scope.onmessage = ({ data: { port, clients } }) => {
  for (let client = 0; client < clients; client++) void flood(port);
};
scope.postMessage(sink.addr.port);
for await (const conn of sink) void drain(conn);
