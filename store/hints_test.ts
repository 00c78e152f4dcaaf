import { assertEquals, assertRejects } from "@std/assert";
import { HintQueue, mergeHints } from "./hints.ts";

async function count(
  source: AsyncIterable<void>,
  onHint: (count: number) => void = () => {},
): Promise<number> {
  let hints = 0;
  for await (const _ of source) onHint(++hints);
  return hints;
}

Deno.test("pokes before the reader looks are one hint", async () => {
  const end = new AbortController();
  const queue = new HintQueue(end.signal);
  queue.poke();
  queue.poke();
  const counted = count(queue, (hints) => {
    if (hints === 1) queue.poke();
    if (hints === 1) queue.poke();
    if (hints === 2) setTimeout(() => queue.poke(), 5);
    if (hints === 3) end.abort();
  });
  assertEquals(await counted, 3);
});

Deno.test("merged watches end with the signal, and with them their sources", async () => {
  const end = new AbortController();
  let open = 0;
  const source = async function* (signal: AbortSignal) {
    open++;
    const queue = new HintQueue(signal);
    queue.poke();
    yield* queue;
    open--;
  };
  const counted = count(
    mergeHints((signal) => [source(signal), source(signal)], end.signal),
    () => end.abort(),
  );
  assertEquals(await counted, 1);
  assertEquals(open, 0);
});

Deno.test("merged watches end when all of their sources have", async () => {
  const source = async function* (): AsyncGenerator<void> {
    yield await Promise.resolve();
  };
  assertEquals(await count(mergeHints(() => [source(), source()], new AbortController().signal)), 1);
});

Deno.test("merged watches end with their reader", async () => {
  let ended = 0;
  const source = async function* (signal: AbortSignal) {
    const queue = new HintQueue(signal);
    queue.poke();
    yield* queue;
    ended++;
  };
  const start = (signal: AbortSignal) => [source(signal), source(signal), source(signal)];
  for await (const _ of mergeHints(start, new AbortController().signal)) break;
  assertEquals(ended, 3);
});

Deno.test("a source that fails fails the whole", async () => {
  const failing = async function* (): AsyncGenerator<void> {
    yield await Promise.resolve();
    throw new Error("broken");
  };
  const merged = mergeHints((signal) => [new HintQueue(signal), failing()], new AbortController().signal);
  await assertRejects(() => count(merged), Error, "broken");
});
