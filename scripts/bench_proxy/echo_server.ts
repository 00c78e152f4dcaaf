/** Sends back whatever comes. Argument: the port. */
async function serve(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(4096);
  try {
    for (let bytes = await conn.read(buffer); bytes !== null; bytes = await conn.read(buffer)) {
      await conn.write(buffer.subarray(0, bytes));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset) && !(error instanceof Deno.errors.BrokenPipe)) {
      throw error;
    }
  } finally {
    conn.close();
  }
}

for await (const conn of Deno.listen({ hostname: "127.0.0.1", port: Number(Deno.args[0]) })) void serve(conn);
