/** For a test: what becomes of connections in a process that has no descriptor left. Prints its findings as JSON. */
import { TcpSocket } from "./tcp_socket.ts";

/** How each connection ended for its peer, and what was told of it. */
export interface Finding {
  readonly what: string;
  readonly peerSaw: string;
  readonly told: readonly string[];
}

interface Pair {
  readonly socket: TcpSocket;
  readonly peer: Deno.TcpConn;
  readonly told: readonly string[];
}

async function pair(): Promise<Pair> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [conn, peer] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener.accept(),
  ]);
  const told: string[] = [];
  const options = { keepaliveIdleSeconds: 0, onShortage: (outcome: string) => void told.push(outcome) };
  return { socket: new TcpSocket(conn, options), peer, told };
}

function takeAllDescriptors(): void {
  for (;;) {
    try {
      Deno.openSync("/dev/null");
    } catch (error) {
      if (String(error).includes("Too many open files")) return;
      throw error;
    }
  }
}

async function howItEnds(peer: Deno.TcpConn): Promise<string> {
  const buffer = new Uint8Array(64 * 1024);
  try {
    while (await peer.read(buffer) !== null);
    return "end";
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

/** Writes until there is no more room. */
async function fill(socket: TcpSocket): Promise<void> {
  const chunk = new Uint8Array(64 * 1024);
  while (await socket.write(chunk) === chunk.length);
}

if (import.meta.main) {
  const held = [await pair(), await pair(), await pair(), await pair()];
  // With bytes in the kernel that the peer has not received: only then a reset is not like an end.
  for (const { socket } of held) await fill(socket);
  takeAllDescriptors();
  const waiting = held.pop();
  waiting?.socket.prepareReset();
  for (const { socket } of held) {
    takeAllDescriptors();
    socket.reset();
  }
  const findings: Finding[] = [];
  for (const { peer, told } of held) findings.push({ what: "dropped", peerSaw: await howItEnds(peer), told });
  if (waiting !== undefined) {
    findings.push({ what: "has to wait", peerSaw: await howItEnds(waiting.peer), told: waiting.told });
  }
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(findings)));
  // What was opened to have none left ends with the process.
  Deno.exit(0);
}
