import { assertEquals } from "@std/assert";
import { PassLoop } from "./pass_loop.ts";

Deno.test("passes never overlap, bursts become one pass, a failed pass is tried again", async () => {
  const stop = new AbortController();
  const seen: string[][] = [];
  const errors: unknown[] = [];
  let running = 0;
  let mostRunning = 0;
  const loop = new PassLoop({
    intervalMs: () => 60_000,
    minGapMs: 5,
    retryMs: 10,
    signal: stop.signal,
    onError: (error) => errors.push(error),
    async pass(reasons) {
      mostRunning = Math.max(mostRunning, ++running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
      seen.push([...reasons]);
      if (seen.length === 1) {
        for (let at = 0; at < 50; at++) loop.poke("store");
      }
      if (seen.length === 2) throw new Error("refused");
      if (seen.length === 3) stop.abort();
    },
  });
  await loop.run();
  assertEquals(seen, [["start"], ["store"], ["retry"]]);
  assertEquals(errors.length, 1);
  assertEquals(mostRunning, 1);
});

Deno.test("a pass comes once per interval when nothing happens, and a delayed poke waits", async () => {
  const stop = new AbortController();
  const seen: string[] = [];
  const loop = new PassLoop({
    intervalMs: () => 30,
    minGapMs: 1,
    signal: stop.signal,
    onError: (error) => {
      throw error;
    },
    pass(reasons) {
      seen.push(...reasons);
      if (seen.length === 1) loop.poke("settled", 10);
      if (seen.length === 4) stop.abort();
      return Promise.resolve();
    },
  });
  await loop.run();
  assertEquals(seen, ["start", "settled", "interval", "interval"]);
});

Deno.test("an aborted loop ends at once, also while it waits", async () => {
  const stop = new AbortController();
  let passes = 0;
  const loop = new PassLoop({
    intervalMs: () => 3_600_000,
    signal: stop.signal,
    onError: () => {},
    pass() {
      passes++;
      setTimeout(() => stop.abort(), 1);
      return Promise.resolve();
    },
  });
  await loop.run();
  assertEquals(passes, 1);
});
