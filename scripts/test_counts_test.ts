import { assertEquals } from "@std/assert";
import { addCounts, countsFrom } from "./test_counts.ts";

Deno.test("counts are those of the last summary", () => {
  const output = "a test ... ok (3ms)\n\nok | 12 passed (4 steps) | 0 failed | 2 ignored (3s)\n\n";
  assertEquals(countsFrom(output, { success: true }), { passed: 12, failed: 0, skipped: 2 });
});

Deno.test("failures are counted", () => {
  const output = "FAILED | 3 passed | 2 failed (1 step) | 1 ignored (8ms)\nerror: Test failed\n";
  assertEquals(countsFrom(output, { success: false }), { passed: 3, failed: 2, skipped: 1 });
});

Deno.test("a run that ends badly without a failed test is a failure", () => {
  assertEquals(countsFrom("", { success: false }), { passed: 0, failed: 1, skipped: 0 });
  assertEquals(countsFrom("ok | 5 passed | 0 failed (1s)\n", { success: false }).failed, 1);
});

Deno.test("a run that was ended before its summary counts what it had done", () => {
  const output = "a ... ok (3ms)\n./f.ts => b ... FAILED (1m2s)\n ok (12\u00b5s)\nc ... ignored (0ms)\nd ...";
  assertEquals(countsFrom(output, { success: false }), { passed: 2, failed: 1, skipped: 1 });
});

Deno.test("counts add up", () => {
  const sum = addCounts({ passed: 1, failed: 2, skipped: 3 }, { passed: 10, failed: 20, skipped: 30 });
  assertEquals(sum, { passed: 11, failed: 22, skipped: 33 });
});
