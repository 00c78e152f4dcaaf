/** A server that stands for a primary and counts what reaches it; and how it treats its clients is the test's choice. */
export interface Sink extends AsyncDisposable {
  readonly port: number;
  /** Bytes that have arrived so far. */
  readonly received: () => number;
  /** Connections accepted so far. */
  readonly accepted: () => number;
  /** Connections that are open. */
  readonly open: () => number;
}

export type SinkBehaviour = "read" | "echo" | "never-read" | "never-stop-writing";

/** Starts one on a free port of the loopback interface. */
export function startSink(behaviour: SinkBehaviour = "read"): Sink {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const conns = new Set<Deno.TcpConn>();
  const running = new Set<Promise<void>>();
  const count = { bytes: 0, accepted: 0 };
  const serve = async (conn: Deno.TcpConn) => {
    try {
      if (behaviour === "never-stop-writing") await flood(conn);
      else if (behaviour === "never-read") return;
      else await drain(conn, (bytes) => count.bytes += bytes, behaviour === "echo" ? conn : undefined);
    } catch (error) {
      if (!isSocketEnd(error)) throw error;
    }
    if (conns.delete(conn)) conn.close();
  };
  const accepting = (async () => {
    for await (const conn of listener) {
      count.accepted++;
      conns.add(conn);
      const served = serve(conn);
      running.add(served);
      served.finally(() => running.delete(served));
    }
  })();
  return {
    port: listener.addr.port,
    received: () => count.bytes,
    accepted: () => count.accepted,
    open: () => conns.size,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const conn of conns) conn.close();
      conns.clear();
      await Promise.all(running);
    },
  };
}

async function drain(
  conn: Deno.TcpConn,
  received: (bytes: number) => void,
  echo?: Deno.TcpConn,
): Promise<void> {
  const buffer = new Uint8Array(256 * 1024);
  for (let bytes = await conn.read(buffer); bytes !== null; bytes = await conn.read(buffer)) {
    received(bytes);
    if (echo !== undefined) await writeAll(echo, buffer.subarray(0, bytes));
  }
}

/** Writes without end; returns only by an error. */
export async function flood(conn: Deno.TcpConn, written: (bytes: number) => void = () => {}): Promise<never> {
  const chunk = new Uint8Array(64 * 1024);
  for (;;) written(await conn.write(chunk));
}

/** Writes all of it. */
export async function writeAll(conn: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

/** Reads until the peer ends, and returns how much came. */
export async function readToEnd(conn: Deno.TcpConn): Promise<number> {
  let total = 0;
  await drain(conn, (bytes) => total += bytes);
  return total;
}

/** Whether the error is one of the ways in which sockets end. */
export function isSocketEnd(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.Interrupted || error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.ConnectionAborted || error instanceof Deno.errors.NotConnected;
}
