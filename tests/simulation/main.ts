/**
 * `deno task sim [--seeds N] [--first N] [--seed N] [--log] [--no-shrink]`: runs seeds, 200 unless told otherwise, and
 * prints the shortest known history of each failure. `--seed` replays one exactly; `--log` prints its log in any case.
 */
import { parseArgs } from "node:util";
import { readableLog, shrink } from "./shrink.ts";
import { type RunResult, runSeed } from "./run.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "200" },
    first: { type: "string", default: "1" },
    seed: { type: "string" },
    log: { type: "boolean", default: false },
    "no-shrink": { type: "boolean", default: false },
    "stop-at-first": { type: "boolean", default: false },
  },
});

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

function tellFailure(result: RunResult): void {
  const shortest = values["no-shrink"] ? result : shrink(result);
  if (values["no-shrink"]) {
    const firstLine = result.violation?.detail.split("\n")[0];
    say(`seed ${result.seed}: ${result.violation?.invariant}: ${firstLine}`);
    return;
  }
  for (const line of readableLog(shortest)) say(line);
  say(
    `seed ${result.seed} breaks an invariant, with ${shortest.faults.length} of ${result.faults.length} faults:`,
  );
  say(`${shortest.violation?.invariant}: ${shortest.violation?.detail}`);
  say(`replay it with: deno task sim --seed ${result.seed}`);
}

const first = Number(values.seed ?? values.first);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const started = performance.now();
const failed: number[] = [];
let elections = 0;
let acknowledged = 0;
for (let seed = first; seed < first + count; seed++) {
  const result = runSeed(seed);
  elections += result.stats.elections;
  acknowledged += result.stats.acknowledged;
  if (values.log && result.violation === undefined) { for (const line of readableLog(result)) say(line); }
  if (result.violation === undefined) continue;
  failed.push(seed);
  tellFailure(result);
  if (values["stop-at-first"]) break;
}
const seconds = ((performance.now() - started) / 1000).toFixed(1);
say(
  `${count} seeds in ${seconds} s: ${elections} elections, ${acknowledged} acknowledged writes, failed: ${
    failed.length === 0 ? "none" : failed.join(", ")
  }`,
);
Deno.exitCode = failed.length === 0 ? 0 : 1;
