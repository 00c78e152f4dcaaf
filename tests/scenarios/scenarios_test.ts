/**
 * Every `*.txt` here is a scenario. `deno task scenarios:update` writes the real output into them; the difference is then
 * reviewed like any other.
 */
import { assert, assertEquals } from "@std/assert";
import { runScenario } from "./run.ts";

const FOLDER = new URL(".", import.meta.url);
const isUpdate = Deno.args.includes("--update");

for (const name of scenarioNames()) {
  Deno.test(`scenario ${name}`, async () => {
    const url = new URL(name, FOLDER);
    const expected = await Deno.readTextFile(url);
    const actual = runScenario(expected);
    if (isUpdate && actual !== expected) await Deno.writeTextFile(url, actual);
    else assertEquals(actual, expected);
  });
}

Deno.test("there is a scenario for every rule and fault", () => {
  assert(scenarioNames().length >= 60, `${scenarioNames().length} scenarios`);
});

function scenarioNames(): string[] {
  return [...Deno.readDirSync(FOLDER)].map((entry) => entry.name).filter((name) => name.endsWith(".txt"))
    .sort();
}
