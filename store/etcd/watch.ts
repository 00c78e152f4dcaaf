import type { IDuplexStream, IWatchRequest, IWatchResponse } from "etcd3";
import { Buffer } from "node:buffer";
import { sleep } from "../../common/clock.ts";
import { HintQueue } from "../hints.ts";
import { prefixEnd } from "../keys.ts";
import type { EtcdClient } from "./etcd_client.ts";
import type { Endpoints } from "../endpoints.ts";

const BACKOFF_MS = 200;

export interface EtcdWatchOptions {
  readonly signal: AbortSignal;
  /** How long a server may take to answer that the watch stands. */
  readonly timeoutMs: number;
}

/**
 * Hints for everything below `prefix` (a full key). The server's answer that the watch stands is a hint too, and comes
 * before anything later can change: who reads after it misses nothing, so neither disconnects nor compaction matter.
 */
export async function* watchPrefix(
  endpoints: Endpoints<EtcdClient>,
  prefix: string,
  options: EtcdWatchOptions,
): AsyncGenerator<void> {
  const stopped = new AbortController();
  const signal = AbortSignal.any([options.signal, stopped.signal]);
  const queue = new HintQueue(signal);
  const connecting = (async () => {
    while (!signal.aborted) {
      await watchOnce(endpoints, prefix, { ...options, signal, onHint: () => queue.poke() });
      await sleep(BACKOFF_MS, signal);
    }
  })();
  try {
    yield* queue;
  } finally {
    stopped.abort();
    await connecting;
  }
}

/** One connection, until it ends for whatever reason. A reason is no error here: the next connection is tried. */
async function watchOnce(
  endpoints: Endpoints<EtcdClient>,
  prefix: string,
  { signal, timeoutMs, onHint }: EtcdWatchOptions & { readonly onHint: () => void },
): Promise<void> {
  const client = endpoints.current();
  const moved = endpoints.moved;
  const { promise: ended, resolve: end } = Promise.withResolvers<"moved" | "failed">();
  const onMoved = () => end("moved");
  const timer = setTimeout(() => end("failed"), timeoutMs);
  let stream: IDuplexStream<IWatchRequest, IWatchResponse> | undefined;
  for (const reason of [signal, moved]) reason.addEventListener("abort", onMoved);
  if (signal.aborted || moved.aborted) end("moved");
  const opening = client.openStream<IWatchRequest, IWatchResponse>("Watch", "watch");
  opening.then((opened) => {
    stream = opened;
    opened.on("error", () => end("failed"));
    opened.on("end", () => end("failed"));
    opened.on("data", (response) => {
      // Refused or compacted: the server is well, the next attempt may be, too.
      if (response.canceled) return end("moved");
      if (response.created) clearTimeout(timer);
      onHint();
    });
    opened.write({
      create_request: { key: Buffer.from(prefix), range_end: Buffer.from(prefixEnd(Buffer.from(prefix))) },
    });
  }, () => end("failed"));
  const why = await ended;
  clearTimeout(timer);
  for (const reason of [signal, moved]) reason.removeEventListener("abort", onMoved);
  opening.then((opened) => opened.cancel(), () => {});
  stream?.cancel();
  if (why === "failed") endpoints.failed(client);
}
