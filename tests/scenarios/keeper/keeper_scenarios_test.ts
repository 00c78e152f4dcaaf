/** Runs every scenario of the keeper's plan; `-- --update` writes what comes out, for review. */
import { assertEquals } from "@std/assert";
import { runScenario } from "./run.ts";

const directory = new URL("./", import.meta.url);
const update = Deno.args.includes("--update");

for (const { name } of [...Deno.readDirSync(directory)].sort((a, b) => a.name < b.name ? -1 : 1)) {
  if (!name.endsWith(".txt")) continue;
  Deno.test(`keeper plan: ${name}`, async () => {
    const file = new URL(name, directory);
    const text = await Deno.readTextFile(file);
    const output = runScenario(text);
    if (update) await Deno.writeTextFile(file, output);
    else assertEquals(output, text);
  });
}
