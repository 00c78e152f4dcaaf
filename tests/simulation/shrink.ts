/** The shortest known history of a failure: faults are left out as long as the same invariant still breaks. */
import type { Fault } from "./faults.ts";
import { type RunResult, runSeed } from "./run.ts";

const MAX_RUNS = 60;

/** A run of the same seed with as few faults as could be found. */
export function shrink(result: RunResult): RunResult {
  let best = result;
  let runs = 0;
  for (let index = best.faults.length - 1; index >= 0 && runs < MAX_RUNS; index--) {
    runs++;
    const shorter = runSeed(result.seed, without(best.faults, index));
    if (shorter.violation?.invariant === result.violation?.invariant) best = shorter;
  }
  return best;
}

function without(faults: readonly Fault[], index: number): Fault[] {
  return faults.filter((_fault, position) => position !== index);
}

/** The log of a run as people read it. */
export function readableLog(result: RunResult): string[] {
  const width = Math.max(...result.log.map((entry) => entry.who.length));
  return result.log.map(({ atMs, who, what }) =>
    `${(atMs / 1000).toFixed(3).padStart(9)}  ${who.padEnd(width)}  ${what}`
  );
}
