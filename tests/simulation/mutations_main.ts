/**
 * `deno task sim:mutations [--only TEXT] [--seeds N]`: applies each mutation to a copy of the sources and runs seeds until
 * one breaks an invariant. A mutation that no seed catches is a hole in the simulation, and a failure of this task.
 */
import { parseArgs } from "node:util";
import { type Mutation, MUTATIONS } from "./mutations.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
/** What the simulation imports. */
const COPIED = ["cluster", "sentinel", "keeper", "proxy", "ctl/without_keeper.ts", "tests/simulation"];

const { values } = parseArgs({
  options: { only: { type: "string", default: "" }, seeds: { type: "string", default: "400" } },
});

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) return Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}

function apply({ file, find, replace }: Mutation, folder: string): void {
  const text = Deno.readTextFileSync(`${folder}/${file}`);
  const parts = text.split(find);
  if (parts.length !== 2) {
    throw new Error(`${file} holds the text to mutate ${parts.length - 1} times: ${find}`);
  }
  Deno.writeTextFileSync(`${folder}/${file}`, parts.join(replace));
}

/** The seed that catches it and what it says; undefined: none does. */
async function catchingSeed(folder: string): Promise<string | undefined> {
  const main = `${folder}/tests/simulation/main.ts`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-prompt",
      "--no-config",
      "--no-check",
      main,
      "--seeds",
      values.seeds,
      "--no-shrink",
      "--stop-at-first",
    ],
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return text.split("\n").find((line) => /^seed \d+: |^error/.test(line));
}

/** Runs seeds with the sources as `change` leaves them. */
async function runChanged(change: (folder: string) => void): Promise<string | undefined> {
  const folder = await Deno.makeTempDir({ prefix: "stolon-mutation-" });
  try {
    for (const name of ["ctl", "tests"]) await Deno.mkdir(`${folder}/${name}`);
    for (const path of COPIED) await copy(`${ROOT}${path}`, `${folder}/${path}`);
    change(folder);
    return await catchingSeed(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function tryMutation(mutation: Mutation): Promise<boolean> {
  const caught = await runChanged((folder) => apply(mutation, folder));
  say(
    `${caught === undefined ? "MISSED" : "caught"}  ${mutation.name}${
      caught === undefined ? "" : `\n        by ${caught.slice(0, 160)}`
    }`,
  );
  return caught !== undefined;
}

const unchanged = await runChanged(() => {});
if (unchanged !== undefined) {
  throw new Error(`the sources break an invariant without any mutation: ${unchanged}`);
}
const chosen = MUTATIONS.filter(({ name }) => name.includes(values.only));
let missed = 0;
for (const mutation of chosen) if (!await tryMutation(mutation)) missed++;
say(`${chosen.length - missed} of ${chosen.length} mutations are caught`);
Deno.exitCode = missed === 0 ? 0 : 1;
