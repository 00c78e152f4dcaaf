import { assertEquals } from "@std/assert";
import { addCounts, afterSecondRun, countsFrom, failedFiles } from "./test_counts.ts";

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

Deno.test("the files that failed are those of the lines that say so", () => {
  const output = [
    "./store/a_test.ts => one ... ok (1s)",
    "./store/b_test.ts => two ... step ... FAILED (2ms)",
    "./store/b_test.ts => two ... FAILED (1s)",
    "./keeper/c_test.ts => three ... FAILED (due to 1 failed step) (3s)",
    "two => ./store/b_test.ts:3:6",
    "FAILED | 1 passed | 2 failed (4s)",
  ].join("\n");
  assertEquals(failedFiles(output), ["./keeper/c_test.ts", "./store/b_test.ts"]);
});

Deno.test("a failure counts unless the second run did not repeat it", () => {
  const first = { passed: 10, failed: 2, skipped: 1 };
  assertEquals(afterSecondRun(first, { passed: 5, failed: 0, skipped: 0 }), {
    passed: 12,
    failed: 0,
    skipped: 1,
  });
  assertEquals(afterSecondRun(first, { passed: 4, failed: 1, skipped: 0 }), {
    passed: 11,
    failed: 1,
    skipped: 1,
  });
  // A run that was ended, or crashed, repeats at least one.
  assertEquals(afterSecondRun(first, { passed: 0, failed: 7, skipped: 0 }), {
    passed: 10,
    failed: 2,
    skipped: 1,
  });
});
