import { sleep, timeLimit } from "../../common/clock.ts";
import type { Endpoints } from "../endpoints.ts";
import { StoreError, type StoreOperation, StoreUnreachableError } from "../errors.ts";
import { HintQueue } from "../hints.ts";
import type { ConsulClient } from "./consul_client.ts";
import { consulError } from "./consul_errors.ts";
import { keyPath, readKeys } from "./kv.ts";

const BACKOFF_MS = 200;
/** How long Consul may keep a question that nothing has answered. It adds up to a sixteenth of it. */
const WAIT_S = 60;

export interface ConsulWatchOptions {
  readonly signal: AbortSignal;
  /** How long an answer may take when it is due. */
  readonly timeoutMs: number;
  readonly operation: StoreOperation;
}

/** Hints for everything below `prefix` (a full key), by blocking queries. */
export async function* watchPrefix(
  endpoints: Endpoints<ConsulClient>,
  prefix: string,
  options: ConsulWatchOptions,
): AsyncGenerator<void> {
  const stopped = new AbortController();
  const signal = AbortSignal.any([options.signal, stopped.signal]);
  const queue = new HintQueue(signal);
  const asking = (async () => {
    while (!signal.aborted) {
      await askOn(endpoints, prefix, { ...options, signal, onHint: () => queue.poke() });
      await sleep(BACKOFF_MS, signal);
    }
  })();
  try {
    yield* queue;
  } finally {
    stopped.abort();
    await asking;
  }
}

/** Asks one server on and on, until it fails. A failure is no error here: the next attempt is made by the caller. */
async function askOn(
  endpoints: Endpoints<ConsulClient>,
  prefix: string,
  { signal, timeoutMs, operation, onHint }: ConsulWatchOptions & { readonly onHint: () => void },
): Promise<void> {
  const client = endpoints.current();
  const ended = AbortSignal.any([signal, endpoints.moved]);
  let index = "0";
  let seen: string | undefined;
  try {
    while (!ended.aborted) {
      using limit = timeLimit(index === "0" ? timeoutMs : WAIT_S * 1000 * 17 / 16 + timeoutMs, ended);
      const query = { recurse: "", consistent: "", index, wait: `${WAIT_S}s` };
      const response = await client.send({
        method: "GET",
        path: keyPath(prefix),
        query,
        signal: limit.signal,
      });
      const keys = readKeys(response, operation);
      // Other keys' changes and Consul's housekeeping wake the question, too.
      const found = keys.map(({ key, modifyIndex, session }) => `${key} ${modifyIndex} ${session}`).join(
        "\n",
      );
      if (found !== seen) onHint();
      seen = found;
      index = nextIndex(index, response.index);
    }
  } catch (error) {
    if (ended.aborted) return;
    const told = error instanceof StoreError ? error : consulError(error, operation);
    if (told instanceof StoreUnreachableError) endpoints.failed(client);
  }
}

/** An index that goes back means that Consul has begun anew: ask from the start. */
function nextIndex(asked: string, answered: string): string {
  if (!/^\d+$/.test(answered) || BigInt(answered) < 1n) return "0";
  return BigInt(answered) < BigInt(asked) ? "0" : answered;
}
