/**
 * `deno task test`: gets what the tests need, runs all of them, and ends with one line `N passed, N failed`. Tests
 * beside the code run as parallel as the machine is wide; those of `tests/integration/` start whole clusters, so only a
 * few run at once. With arguments (files, `--filter=...`) only `deno test` with those is run.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { say, SetupError } from "./apt.ts";
import { ensureDependencies, ensureEtcd, ensurePostgres } from "./setup.ts";
import { readSources } from "./sources.ts";
import {
  addCounts,
  afterSecondRun,
  countsFrom,
  failedFiles,
  NOTHING,
  type TestCounts,
} from "./test_counts.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const INTEGRATION = "tests/integration/";
/** What waits for real servers on a busy machine may miss a deadline once; what fails twice is wrong. */
const MOST_FILES_AGAIN = 3;
const AGAIN_LIMIT_MS = 8 * 60_000;

/** Tests that run together. */
interface Batch {
  readonly name: string;
  readonly files: readonly string[];
  readonly jobs: number;
  /** A batch that takes longer than this is ended and counts as failed. */
  readonly limitMs: number;
}

function batches(): Batch[] {
  const tests = readSources(ROOT).map(({ path }) => path).filter((path) => path.endsWith("_test.ts"));
  const cores = navigator.hardwareConcurrency;
  return [
    {
      name: "beside the code",
      files: tests.filter((path) => !path.startsWith(INTEGRATION)),
      jobs: cores,
      limitMs: 15 * 60_000,
    },
    {
      name: "whole clusters",
      files: tests.filter((path) => path.startsWith(INTEGRATION)),
      jobs: Math.max(2, Math.min(4, Math.floor(cores / 2))),
      limitMs: 14 * 60_000,
    },
  ];
}

async function runBatch({ name, files, jobs, limitMs }: Batch): Promise<TestCounts> {
  say(`tests ${name}: ${files.length} files, ${jobs} at once`);
  const first = await denoTest(["--parallel", ...files], { jobs, limitMs });
  const again = failedFiles(first.text);
  if (again.length === 0 || again.length > MOST_FILES_AGAIN) return first.counts;
  say(`failed: ${again.join(", ")}; once more, one file at a time`);
  const second = await denoTest(["--parallel", ...again], { jobs: 1, limitMs: AGAIN_LIMIT_MS });
  const counts = afterSecondRun(first.counts, second.counts);
  // A single file's results are printed without its name.
  const repeated = again.length > 1 ? failedFiles(second.text) : second.counts.failed > 0 ? again : [];
  const unstable = again.filter((file) => !repeated.includes(file));
  if (unstable.length > 0) {
    say(`unstable, to be mended: ${unstable.join(", ")} passed only at the second run`);
  }
  return counts;
}

interface TestRun {
  readonly text: string;
  readonly counts: TestCounts;
}

interface RunOptions {
  readonly jobs: number;
  readonly limitMs: number;
}

/** Runs `deno test`, shows what it says, and reads the counts from the summary that it ends with. */
async function denoTest(args: readonly string[], { jobs, limitMs }: RunOptions): Promise<TestRun> {
  const child = new Deno.Command(Deno.execPath(), {
    // Types are the gate's business; here one wrong type would keep every other test from running.
    args: ["test", "-q", "--no-prompt", "--no-check", "-A", ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", DENO_JOBS: String(jobs) },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const timer = setTimeout(() => {
    say(`the tests did not end within ${limitMs / 60_000} minutes`);
    child.kill("SIGKILL");
  }, limitMs);
  const text = await shown(child.stdout);
  const { success } = await child.status;
  clearTimeout(timer);
  return { text, counts: countsFrom(text, { success }) };
}

/** Passes a stream on to stdout and keeps it. */
async function shown(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    Deno.stdout.writeSync(chunk);
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

async function main(args: readonly string[]): Promise<number> {
  try {
    await ensureDependencies();
    await ensurePostgres();
    await ensureEtcd();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    return 1;
  }
  let counts = NOTHING;
  if (args.length > 0) {
    ({ counts } = await denoTest(args, { jobs: navigator.hardwareConcurrency, limitMs: 30 * 60_000 }));
  } else {
    for (const batch of batches()) counts = addCounts(counts, await runBatch(batch));
  }
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
  Deno.stdout.writeSync(
    new TextEncoder().encode(`${counts.passed} passed, ${counts.failed} failed${skipped}\n`),
  );
  return counts.failed > 0 || counts.passed === 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
