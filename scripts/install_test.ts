/** The installed commands are what an operator and a service manager see: arguments, streams, exit codes, signals. */
import { assertEquals, assertMatch } from "@std/assert";

const ROOT = new URL("..", import.meta.url).pathname;

class Installation implements AsyncDisposable {
  private constructor(readonly base: string) {}

  /** Into a path that every shell script gets wrong. */
  static async create(): Promise<Installation> {
    const base = await Deno.makeTempDir({ prefix: "stolon install's $test " });
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "-q", "install", "--prefix", `${base}/prefix`, "--deno", Deno.execPath()],
      cwd: ROOT,
      stderr: "piped",
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    return new Installation(base);
  }

  command(name: string, options: Deno.CommandOptions): Deno.Command {
    return new Deno.Command(`${this.base}/prefix/bin/${name}`, { cwd: this.base, ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.base, { recursive: true });
  }
}

Deno.test("installed commands run where they are called, with their arguments as given", async () => {
  await using installation = await Installation.create();
  const { code, stdout } = await installation.command("stolonctl", { args: ["version"] }).output();
  assertEquals(code, 0);
  assertMatch(new TextDecoder().decode(stdout), /^stolonctl version /);
  const args = ["--cluster-name=a b'c$d", "--store-backend=sqlite", "--store-endpoints=rel.db"];
  const init = await installation.command("stolonctl", { args: [...args, "init", "-y"] }).output();
  assertEquals([init.code, new TextDecoder().decode(init.stderr)], [0, ""]);
  assertEquals((await Deno.stat(`${installation.base}/rel.db`)).mode, 0o100600);
  const refused = await installation.command("stolonctl", { args: [...args, "failkeeper", "x"] }).output();
  assertEquals(refused.code, 1);
});

Deno.test("an installed command is the program itself: one process, ended by its signal with its exit code", async () => {
  await using installation = await Installation.create();
  const store = ["--store-backend=sqlite", "--store-endpoints=s.db", "--cluster-name=c"];
  const child = installation.command("stolon-sentinel", { args: store, stdout: "null", stderr: "piped" })
    .spawn();
  const log = child.stderr.getReader();
  await log.read();
  const processName = await Deno.readTextFile(`/proc/${child.pid}/comm`);
  assertEquals(processName.trim(), "deno");
  child.kill("SIGTERM");
  assertEquals((await child.status).code, 0);
  await log.cancel();
});
