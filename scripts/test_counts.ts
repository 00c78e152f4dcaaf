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
 * The counts of the last summary in the output. A run that did not succeed has at least one failure: a crash, a type
 * error or a leak outside of any test prints no summary, or one without it.
 */
export function countsFrom(output: string, { success }: { readonly success: boolean }): TestCounts {
  const [, passed, failed, rest] = [...output.matchAll(SUMMARY)].at(-1) ?? [];
  const skipped = Number(/(\d+) ignored/.exec(rest ?? "")?.[1] ?? 0);
  const failures = Number(failed ?? 0);
  return { passed: Number(passed ?? 0), failed: success ? failures : Math.max(1, failures), skipped };
}

export function addCounts(a: TestCounts, b: TestCounts): TestCounts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}
