/** The demo does what it says, also twice at once, and leaves nothing behind, however it is ended. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { REPOSITORY, runCommand, TemporaryDirectory, waitUntil } from "./harness/mod.ts";

const LIMIT_MS = 240_000;
const DEMO = [Deno.execPath(), "run", "-q", "-A", "scripts/demo/main.ts"];
const KEPT_BY_NPX = [`deno@${Deno.version.deno}`, "task", "-q", "demo"];

/** A demo that is under way, in a temporary directory of its own. */
class Demo implements AsyncDisposable {
  output = "";
  readonly status: Promise<Deno.CommandStatus>;
  readonly #directory: TemporaryDirectory;
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;

  private constructor(directory: TemporaryDirectory, command: readonly string[]) {
    const [program = "", ...args] = command;
    this.#directory = directory;
    this.#child = new Deno.Command(program, {
      args,
      cwd: REPOSITORY,
      env: { TMPDIR: directory.path },
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.status = this.#child.status;
    this.#reading = this.#read();
  }

  static async start(command: readonly string[]): Promise<Demo> {
    return new Demo(await TemporaryDirectory.make("stolon-demo-test-"), command);
  }

  async #read(): Promise<void> {
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) this.output += text;
  }

  /** Waits until it has said this. */
  async said(text: string): Promise<void> {
    const hasSaid = () => this.output.includes(text);
    await waitUntil(`the demo says "${text}"; so far: ${this.output}`, hasSaid, { timeoutMs: LIMIT_MS });
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits until neither a process nor a file is left. */
  async leavesNothing(): Promise<void> {
    await this.status;
    await waitUntil("no process of the demo", async () => {
      const { stdout } = await runCommand(["pgrep", "-a", "-f", "--", `${this.#directory.path}/`]);
      return stdout === "" || Promise.reject(new Error(stdout));
    });
    await waitUntil("no file of the demo", async () => {
      const names = (await Array.fromAsync(Deno.readDir(this.#directory.path))).map(({ name }) => name);
      return names.length === 0 || Promise.reject(new Error(names.join(" ")));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.status;
    await this.#reading;
    await this.#directory[Symbol.asyncDispose]();
  }
}

function assertWholeStory(output: string): void {
  for (
    const part of [
      "keepers seen 3/3",
      "=== Cluster Info ===",
      "psql -h 127.0.0.1 -p",
      "are killed (SIGKILL)",
      "is elected master",
      "postgres promoted",
      "Writes were out for",
      "is back as a standby",
      "Nothing is left",
    ]
  ) assertStringIncludes(output, part);
  assertMatch(output, /Of \d+ acknowledged writes none is missing/);
}

Deno.test("two demos at once, on both stores, tell the whole story and end with exit code 0", async () => {
  await using sqlite = await Demo.start([...DEMO, "--once"]);
  await using etcd = await Demo.start([...DEMO, "--once", "--store", "etcdv3"]);
  for (const demo of [sqlite, etcd]) {
    assertEquals((await demo.status).code, 0, demo.output);
    await demo.leavesNothing();
    assertWholeStory(demo.output);
  }
});

Deno.test("the line that the demo prints connects; a Ctrl-C, twice as through a task, clears up", async () => {
  await using demo = await Demo.start(DEMO);
  await demo.said("The cluster and the writes go on");
  const line = /PGPASSFILE=.*/.exec(demo.output)?.[0] ?? "";
  const { stdout, stderr } = await runCommand(["sh", "-c", `${line} -Atc 'SELECT 1'`]);
  assertEquals(stdout, "1\n", stderr);
  demo.kill("SIGINT");
  demo.kill("SIGINT");
  assertEquals((await demo.status).code, 0);
  await demo.leavesNothing();
});

Deno.test("a demo that is killed by SIGKILL while it writes leaves nothing behind", async () => {
  await using demo = await Demo.start(DEMO);
  await demo.said("A client writes");
  demo.kill("SIGKILL");
  await demo.leavesNothing();
});

Deno.test("a demo that gets SIGTERM while it comes up leaves nothing behind", async () => {
  await using demo = await Demo.start(DEMO);
  await demo.said("The cluster comes up");
  demo.kill("SIGTERM");
  assertEquals((await demo.status).code, 1);
  await demo.leavesNothing();
});

Deno.test("a demo whose npx gets SIGTERM leaves nothing behind", async () => {
  assert(!(await runCommand(["sh", "-c", "command -v npx"])).code, "npx is needed");
  await using demo = await Demo.start(["npx", "-y", ...KEPT_BY_NPX]);
  await demo.said("A client writes");
  demo.kill("SIGTERM");
  await demo.leavesNothing();
});

Deno.test("a directory that no demo made is refused by --keep, and left as it was", async () => {
  await using own = await TemporaryDirectory.make("stolon-demo-keep-");
  await Deno.writeTextFile(`${own.path}/precious`, "data");
  const [program = "", ...args] = [...DEMO, "--once", "--keep", own.path];
  const { code, stdout } = await runCommand([program, ...args], { cwd: REPOSITORY });
  assertEquals(code, 1);
  assertEquals(stdout.trim().split("\n").length, 1, stdout);
  assertStringIncludes(stdout, own.path);
  assertEquals((await Array.fromAsync(Deno.readDir(own.path))).map(({ name }) => name), ["precious"]);
});
