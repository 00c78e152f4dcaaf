import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { FatalError } from "../common/errors.ts";
import type { Logger } from "../common/log.ts";
import { freePorts } from "../tests/servers/free_port.ts";
import { isSocketEnd, startSink } from "../tests/servers/sink.ts";
import { Lanes } from "./lanes.ts";
import type { Instant, Target } from "./route.ts";

const LANES = 3;

interface Stage extends AsyncDisposable {
  readonly lanes: Lanes;
  readonly lines: string[];
  /** Connects and says one byte; undefined when the connection was closed instead of answered. */
  readonly visit: () => Promise<Deno.TcpConn | undefined>;
  readonly target: Target;
}

function recordingLog(lines: string[]): Logger {
  const line = (message: string) => void lines.push(message);
  return { debug: line, info: line, warn: line, error: line };
}

function soon(ms: number): Instant {
  return { monotonicMs: performance.now() + ms, wallMs: Date.now() + ms };
}

function start(): Stage {
  const server = startSink("echo");
  const lines: string[] = [];
  const [port = 0] = freePorts(1);
  const lanes = new Lanes({
    ...{ hostname: "127.0.0.1", port, keepaliveIdleSeconds: 0, log: recordingLog(lines), count: LANES },
    onDeath: (error) => {
      throw error;
    },
    onExpired: () => {},
  });
  const visit = async () => {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    if (await says(conn)) return conn;
    conn.close();
  };
  const target = { dbUid: "db", host: "127.0.0.1", ip: "127.0.0.1", port: server.port };
  return {
    ...{ lanes, lines, visit, target },
    async [Symbol.asyncDispose]() {
      await lanes.end();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Whether one byte comes back. */
async function says(conn: Deno.TcpConn): Promise<boolean> {
  try {
    await conn.write(new Uint8Array(1));
    return await conn.read(new Uint8Array(1)) === 1;
  } catch (error) {
    if (isSocketEnd(error)) return false;
    throw error;
  }
}

async function visits({ visit }: Stage, count: number): Promise<Deno.TcpConn[]> {
  const conns: Deno.TcpConn[] = [];
  for (let index = 0; index < count; index++) {
    const conn = await visit();
    assert(conn !== undefined);
    conns.push(conn);
  }
  return conns;
}

Deno.test("the system spreads clients over the lanes; what is restricted has been dropped in all of them", async () => {
  await using stage = start();
  const { lanes, target } = stage;
  await lanes.open();
  await lanes.grant({ target, refusal: undefined, deadline: soon(60_000) });
  const conns = await visits(stage, 60);
  assertEquals(lanes.openConnections, 60);
  for (const lane of lanes.counters) assert(lane.get("open") > 0, "a lane without clients");

  await lanes.restrict({ ...target }, "no_master");
  for (const conn of conns) assert(await says(conn));
  await lanes.restrict(undefined, "no_master");
  const moved = lanes.counters.map((lane) => lane.get("toServer"));
  for (const conn of conns) assertFalse(await says(conn));
  assertEquals(lanes.counters.map((lane) => lane.get("toServer")), moved);
  assertEquals(lanes.counters.reduce((sum, lane) => sum + lane.get("dropped"), 0), 60);
  assertEquals(await stage.visit(), undefined);
  for (const conn of conns) conn.close();
});

Deno.test("a grant runs out in every lane, by the lane's own clocks", async () => {
  await using stage = start();
  const { lanes, target } = stage;
  await lanes.open();
  await lanes.grant({ target, refusal: undefined, deadline: soon(3000) });
  const grantedMs = performance.now();
  const conns = await visits(stage, 20);
  assertEquals(lanes.openConnections, 20);
  while (lanes.openConnections > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  assert(performance.now() - grantedMs < 10_000);
  for (const conn of conns) assertFalse(await says(conn));
  for (const conn of conns) conn.close();
});

Deno.test("the port is this proxy's alone, though its lanes share it; it can be given up and taken again", async () => {
  await using stage = start();
  const { lanes, lines } = stage;
  await lanes.open();
  await lanes.open();
  assert(lanes.isOpen);
  const address = { hostname: "127.0.0.1", port: lanes.port };
  const second = new Lanes({
    ...{ ...address, keepaliveIdleSeconds: 0, log: recordingLog([]), count: 2 },
    onDeath: () => {},
    onExpired: () => {},
  });
  await assertRejects(
    () => second.open(),
    FatalError,
    `cannot listen for clients on 127.0.0.1:${address.port}`,
  );
  await second.end();

  await lanes.close();
  assertFalse(lanes.isOpen);
  await assertRejects(() => Deno.connect(address), Deno.errors.ConnectionRefused);
  {
    using _other = Deno.listen(address);
    // Somebody has taken it meanwhile and may give it back: no reason to end.
    const error = await assertRejects(() => lanes.open(), Error, "cannot listen for clients");
    assertFalse(error instanceof FatalError);
  }
  await lanes.open();
  const closing = lanes.close();
  await lanes.open();
  await closing;
  assertEquals(lines.filter((line) => line === "listening for clients").length, 3);
});

Deno.test("a close in the middle of an open wins", async () => {
  await using stage = start();
  const { lanes } = stage;
  const opening = lanes.open();
  await lanes.close();
  await opening;
  assertFalse(lanes.isOpen);
  await assertRejects(
    () => Deno.connect({ hostname: "127.0.0.1", port: lanes.port }),
    Deno.errors.ConnectionRefused,
  );
});
