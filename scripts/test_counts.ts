// This module is pure.
/** How many tests passed, read from what `deno test` says at its end. */

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const NOTHING: TestCounts = { passed: 0, failed: 0, skipped: 0 };

const SUMMARY =
  /^(?:ok|FAILED) \| (\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed(?: \(\d+ steps?\))?(.*)$/gm;

/**
 * The counts of the last summary in the output, or, of a run that was ended before it had one, of the results so far. A
 * run that did not succeed has at least one failure: a crash, or a leak outside of any test, is in no summary.
 */
export function countsFrom(output: string, { success }: { readonly success: boolean }): TestCounts {
  const summary = [...output.matchAll(SUMMARY)].at(-1);
  const counts = summary === undefined ? countResults(output) : readSummary(summary);
  return success ? counts : { ...counts, failed: Math.max(1, counts.failed) };
}

function readSummary([, passed, failed, rest]: readonly string[]): TestCounts {
  const skipped = Number(/(\d+) ignored/.exec(rest ?? "")?.[1] ?? 0);
  return { passed: Number(passed), failed: Number(failed), skipped };
}

function countResults(output: string): TestCounts {
  const count = (word: string) =>
    output.match(new RegExp(`(?:^|\\s)${word} \\(\\d[^ ]*s\\)$`, "gm"))?.length ?? 0;
  return { passed: count("ok"), failed: count("FAILED"), skipped: count("ignored") };
}

/** Files in which tests failed, from the lines that `deno test --parallel` prints, sorted. */
export function failedFiles(output: string): string[] {
  const lines = output.matchAll(/^(\.\/\S+_test\.ts) => .* FAILED \(.*\)$/gm);
  return [...new Set([...lines].map(([, file]) => file ?? ""))].sort();
}

/** Failures that a second run of the same files did not repeat count as passed. */
export function afterSecondRun(first: TestCounts, second: TestCounts): TestCounts {
  const repeated = Math.min(first.failed, second.failed);
  return { ...first, passed: first.passed + first.failed - repeated, failed: repeated };
}

export function addCounts(a: TestCounts, b: TestCounts): TestCounts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}
