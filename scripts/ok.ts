/**
 * The repository's gate, `deno task ok`: one line for each check, and what is wrong below it. Exit code 1 when
 * anything is.
 */
import { directionProblems, entranceProblems, isPure, purityProblems } from "./rooms.ts";
import { isTest, readSources, type SourceFile } from "./sources.ts";

interface Check {
  readonly name: string;
  /** What is wrong, in lines; empty when all is well. */
  run(): Promise<readonly string[]> | readonly string[];
}

const ROOT = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
const MANY_LINES = 300;

async function deno(...args: readonly string[]): Promise<string[]> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { success, stdout, stderr } = await command.output();
  if (success) return [];
  const decoder = new TextDecoder();
  const lines = `${decoder.decode(stdout)}\n${decoder.decode(stderr)}`.split("\n").filter((line) =>
    line !== ""
  );
  return [`deno ${args.slice(0, 4).join(" ")} failed:`, ...lines];
}

function checks(files: readonly SourceFile[]): Check[] {
  const pure = files.filter((file) => isPure(file) && !isTest(file.path)).map((file) => file.path);
  return [
    { name: "formatting", run: () => deno("fmt", "--check") },
    { name: "lint", run: () => deno("lint") },
    { name: "types", run: () => deno("check", "--quiet", ".") },
    { name: `types of ${pure.length} pure files, with nothing but the language`, run: () => checkPure(pure) },
    { name: "pure files have the header and import only pure files", run: () => purityProblems(files) },
    { name: "rooms depend downwards only", run: () => directionProblems(files) },
    { name: "every room has an entrance", run: () => entranceProblems(files) },
    { name: "public API is documented", run: () => deno("doc", "--lint", "mod.ts") },
    {
      name: "lockfile is complete",
      run: () => deno("install", "--frozen", "--cached-only", "--entrypoint", "mod.ts"),
    },
  ];
}

function checkPure(paths: readonly string[]): Promise<string[]> {
  return deno("check", "--quiet", "--config", "pure.json", "--no-lock", ...paths);
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function runCheck(check: Check): Promise<boolean> {
  const start = performance.now();
  const problems = await check.run();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  say(`${problems.length === 0 ? "ok  " : "FAIL"}  ${check.name} (${seconds} s)`);
  for (const problem of problems) say(`      ${problem}`);
  return problems.length === 0;
}

function reportSizes(files: readonly SourceFile[]): void {
  const sized = files.map((file) => ({ path: file.path, lines: file.text.split("\n").length - 1 }))
    .sort((a, b) => b.lines - a.lines);
  const median = sized[Math.floor(sized.length / 2)]?.lines ?? 0;
  const long = sized.filter((file) => file.lines > MANY_LINES);
  say(`      ${sized.length} files, median ${median} lines, ${long.length} above ${MANY_LINES}:`);
  for (const file of long) say(`      ${file.lines} ${file.path}`);
}

if (import.meta.main) {
  const files = readSources(ROOT);
  let failures = 0;
  for (const check of checks(files)) {
    if (!await runCheck(check)) failures++;
  }
  reportSizes(files);
  say(failures === 0 ? "ok" : `${failures} of the checks failed`);
  Deno.exitCode = failures === 0 ? 0 : 1;
}
