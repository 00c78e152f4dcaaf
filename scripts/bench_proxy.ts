/**
 * `deno task bench:proxy`: one PostgreSQL, reached directly, through this proxy and through HAProxy (TCP mode, splicing),
 * in interleaved rounds on one machine in one run. Prints the medians and what part of HAProxy's figure ours is.
 * Flags: `--rounds 5`, `--seconds 4` (per measurement), `--only pgbench,copy,connect,idle`.
 */
import { parseArgs } from "node:util";
import { say } from "./apt.ts";
import { measureIdle, MEASUREMENTS } from "./bench_proxy/measurements.ts";
import { Results } from "./bench_proxy/results.ts";
import { Site } from "./bench_proxy/site.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
    only: { type: "string", default: "pgbench,copy,connect,idle" },
  },
});
const kinds = values.only.split(",");
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);

await using site = await Site.start();
const results = new Results();
const chosen = MEASUREMENTS.filter(({ kind }) => kinds.includes(kind));
for (let round = 1; round <= rounds; round++) {
  say(`round ${round} of ${rounds}`);
  for (const measurement of chosen) {
    // Whoever comes first in one round comes last in another.
    const first = round % site.subjects.length;
    const order = [...site.subjects.slice(first), ...site.subjects.slice(0, first)];
    for (const subject of order) {
      results.add(measurement.name, {
        subject: subject.name,
        value: await measurement.run(subject, { site, seconds }),
      });
    }
  }
}
for (const line of results.table()) say(line);
if (kinds.includes("idle")) { for (const line of await measureIdle(site)) say(line); }
