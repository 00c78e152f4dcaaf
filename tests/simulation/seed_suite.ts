/** Seeds as tests. They are in several files, so that the files can run side by side. */
import { readableLog, shrink } from "./shrink.ts";
import { type RunResult, runSeed } from "./run.ts";

const SEEDS_PER_TEST = 10;

/** Declares tests for the seeds from `first` to `last`, both included. */
export function testSeeds(first: number, last: number): void {
  for (let start = first; start <= last; start += SEEDS_PER_TEST) {
    const end = Math.min(last, start + SEEDS_PER_TEST - 1);
    Deno.test(`simulation: seeds ${start} to ${end} break no invariant`, () => runSeeds(start, end));
  }
}

function runSeeds(first: number, last: number): void {
  for (let seed = first; seed <= last; seed++) {
    const result = runSeed(seed);
    if (result.violation !== undefined) throw new Error(report(result));
  }
}

function report(result: RunResult): string {
  const shortest = shrink(result);
  return [
    ...readableLog(shortest),
    `seed ${result.seed} breaks an invariant, with ${shortest.faults.length} of ${result.faults.length} faults:`,
    `${shortest.violation?.invariant}: ${shortest.violation?.detail}`,
    `replay it with: deno task sim --seed ${result.seed}`,
  ].join("\n");
}
