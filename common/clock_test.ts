import { assert, assertEquals } from "@std/assert";
import { sleep, timeLimit, TimeLimitError, timerMs } from "./clock.ts";

/** Longer than a timer can count: such a timer fires at once. */
const TOO_LONG_MS = [2 ** 31, 3_600_000 * 1000, Number.MAX_SAFE_INTEGER, Infinity];

/** A timer of a later turn, so that one that fires at once has fired. */
function aMoment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

Deno.test("a wait that is longer than a timer can count goes on until its signal", async () => {
  for (const durationMs of TOO_LONG_MS) {
    const stop = new AbortController();
    let isOver = false;
    const wait = sleep(durationMs, stop.signal).then(() => void (isOver = true));
    await aMoment();
    assert(!isOver, `${durationMs} ms`);
    stop.abort();
    await wait;
  }
});

Deno.test("a limit that is longer than a timer can count is no limit of nothing", async () => {
  for (const limitMs of TOO_LONG_MS) {
    const parent = new AbortController();
    using limit = timeLimit(limitMs, parent.signal);
    await aMoment();
    assert(!limit.signal.aborted, `${limitMs} ms`);
    parent.abort("enough");
    assertEquals(limit.signal.reason, "enough");
  }
});

Deno.test("what a timer can count is left as it is, and limits run out", async () => {
  assertEquals([0, 1, 60_000, 2 ** 31 - 1].map(timerMs), [0, 1, 60_000, 2 ** 31 - 1]);
  using limit = timeLimit(1);
  await sleep(60_000, limit.signal);
  assert(limit.signal.reason instanceof TimeLimitError);
});
