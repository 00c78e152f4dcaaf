/** For a test, as a thread: clients that write without pause to one port, and a server that reads as fast as it can. */

import { flood, isSocketEnd, startSink } from "./sink.ts";

interface FloodOrder {
  readonly port: number;
  readonly clients: number;
}

interface ThreadScope {
  postMessage(sinkPort: number): void;
  onmessage: ((event: MessageEvent<FloodOrder>) => void) | null;
}

const scope = globalThis as unknown as ThreadScope;
const sink = startSink();

async function flooding(port: number): Promise<void> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    await flood(conn);
  } catch (error) {
    if (!isSocketEnd(error)) throw error;
  }
}

scope.onmessage = ({ data: { port, clients } }) => {
  for (let client = 0; client < clients; client++) void flooding(port);
};
scope.postMessage(sink.port);
