import { assert, assertEquals, assertRejects } from "@std/assert";
import { CommandError, runTool } from "./tool.ts";

const quiet = { passThrough: false } as const;

Deno.test("a tool's answer, its arguments untouched, its stdin empty", async () => {
  const { stdout } = await runTool("printf", ["%s|", "a b", "it's", '"$HOME"', "\\"], quiet);
  assertEquals(stdout, 'a b|it\'s|"$HOME"|\\|');
  assertEquals((await runTool("cat", [], quiet)).stdout, "");
});

Deno.test("nothing of our environment reaches a tool", async () => {
  Deno.env.set("TOOL_TEST_SECRET", "x");
  try {
    const { stdout } = await runTool("env", [], { ...quiet, env: { GIVEN: "1" } });
    assert(!stdout.includes("TOOL_TEST_SECRET"));
    assert(stdout.includes("GIVEN=1") && stdout.includes("LC_ALL=C"));
  } finally {
    Deno.env.delete("TOOL_TEST_SECRET");
  }
});

Deno.test("a failure says what was run, how it ended and what it said", async () => {
  const error = await assertRejects(
    () => runTool("/bin/sh", ["-c", "echo out; echo why >&2; exit 3"], quiet),
    CommandError,
  );
  assertEquals(error.exit, { code: 3, signal: undefined, stdout: "out\n", stderrTail: "why" });
  assertEquals(error.message, '"/bin/sh -c echo out; echo why >&2; exit 3" failed, exit code 3: why');
});

Deno.test("a tool that doesn't exist", async () => {
  await assertRejects(() => runTool("/nowhere/tool", [], quiet), CommandError, "/nowhere/tool");
});

Deno.test("lines of stderr, whatever ends them; some kept from view and from the error", async () => {
  const lines: string[] = [];
  const { stderrTail } = await runTool("/bin/sh", ["-c", "printf '1%%\\r2%%\\rdone\\nlast' >&2"], {
    ...quiet,
    onStderrLine(line) {
      lines.push(line);
      return !line.endsWith("%");
    },
  });
  assertEquals([lines, stderrTail], [["1%", "2%", "done", "last"], "done\nlast"]);
});

Deno.test("an abort ends the tool and what it started", async () => {
  const abort = new AbortController();
  // The inner sleep holds stderr open: only when it has ended too does the call come back.
  const running = runTool("/bin/sh", ["-c", "sleep 600 & echo started >&2; sleep 600"], {
    ...quiet,
    signal: abort.signal,
    onStderrLine() {
      abort.abort(new Error("enough"));
      return true;
    },
  });
  await assertRejects(() => running, Error, "enough");
});

Deno.test("an abort ends a tool that ignores SIGTERM", async () => {
  const abort = new AbortController();
  const running = runTool("/bin/sh", ["-c", "trap '' TERM; echo started >&2; while :; do sleep 1; done"], {
    ...quiet,
    signal: abort.signal,
    onStderrLine() {
      abort.abort(new Error("enough"));
      return true;
    },
  });
  await assertRejects(() => running, Error, "enough");
});

Deno.test("an aborted signal runs nothing", async () => {
  const ran = runTool("/bin/sh", ["-c", "exit 0"], { ...quiet, signal: AbortSignal.abort(new Error("no")) });
  await assertRejects(() => ran, Error, "no");
});

Deno.test("a tool ends when we are killed", async () => {
  const module = new URL("./tool.ts", import.meta.url).href;
  const code = `import { runTool } from ${JSON.stringify(module)};
    await runTool("/bin/sh", ["-c", "echo $$ >&2; sleep 600"]);`;
  const parent = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", code],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  // Everything that holds stderr must be gone for the stream to end.
  let text = "";
  for await (const chunk of parent.stderr.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (/^\d+$/m.test(text)) parent.kill("SIGKILL");
  }
  await parent.status;
  const pid = /^\d+$/m.exec(text)?.[0] ?? "";
  const deadline = performance.now() + 30_000;
  while (await isAlive(pid)) {
    assert(performance.now() < deadline, `process ${pid} lives on`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});

Deno.test("a tool goes on to its end though what it says cannot be shown", async () => {
  const module = new URL("./tool.ts", import.meta.url).href;
  const code = `import { runTool } from ${JSON.stringify(module)};
    const { stdout } = await runTool("/bin/sh", ["-c", "echo said; echo told >&2; echo end"]);
    console.log(stdout);`;
  const script = '"$0" eval --no-check "$1" 2>/dev/full';
  const { stdout } = await runTool("/bin/sh", ["-c", script, Deno.execPath(), code], {
    ...quiet,
    env: { HOME: Deno.env.get("HOME") ?? "/", DENO_NO_UPDATE_CHECK: "1" },
  });
  assertEquals(stdout.trimEnd(), "said\nend");
});

async function isAlive(pid: string): Promise<boolean> {
  const { stdout } = await runTool("/bin/sh", [
    "-c",
    'kill -0 "$1" 2>/dev/null && echo alive || true',
    "sh",
    pid,
  ], quiet);
  return stdout !== "";
}
