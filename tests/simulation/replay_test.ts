import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { FAILOVER_MS, faultsOf, runSeed } from "./run.ts";
import { readableLog } from "./shrink.ts";

Deno.test("simulation: a seed is replayed exactly", () => {
  const [first, second] = [runSeed(7), runSeed(7)];
  assertEquals(readableLog(second), readableLog(first));
  assertEquals(second.stats, first.stats);
  assertNotEquals(readableLog(runSeed(8)), readableLog(first));
});

Deno.test("simulation: a seed can be replayed with some of its faults", () => {
  const faults = faultsOf(7);
  assert(faults.length > 1);
  const without = runSeed(7, []);
  assertEquals(without.faults, []);
  // The death of the master near the end belongs to every run.
  const faulty = without.log.filter((entry) => entry.who === "FAULT" && entry.atMs < FAILOVER_MS);
  assertEquals(faulty, []);
});

Deno.test("simulation: the seeds reach what they are to test", () => {
  const results = Array.from({ length: 10 }, (_, index) => runSeed(index + 1));
  const total = (pick: (result: typeof results[number]) => number) =>
    results.reduce((sum, one) => sum + pick(one), 0);
  assert(total((result) => result.stats.elections) > 5, "hardly any election");
  assert(total((result) => result.stats.acknowledged) > 5000, "hardly any write");
});
