import { assert, assertEquals, assertFalse } from "@std/assert";
import { fileURLToPath } from "node:url";
import { isAlive } from "./machine.ts";
import { PortPool, reservePort } from "./ports.ts";
import { Stage } from "./stage.ts";
import { waitUntil } from "./wait.ts";

const OWNER = fileURLToPath(new URL("./stage_owner.ts", import.meta.url));

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test("a stage that ends leaves neither processes nor its directory", async () => {
  const stage = await Stage.open({ prefix: "stolon-stage-test-" });
  const { pid } = stage.start(["sleep", "3600"], { name: "sleeper", rank: "role" });
  assert(await isAlive(pid));
  await stage.end();
  assertFalse(await isAlive(pid));
  assertFalse(await exists(stage.directory));
});

Deno.test("a stage ends processes that are frozen or ignore SIGTERM", async () => {
  const stage = await Stage.open({ prefix: "stolon-stage-test-" });
  const frozen = stage.start(["sleep", "3600"], { name: "frozen", rank: "role" });
  Deno.kill(frozen.pid, "SIGSTOP");
  const log = stage.start(["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"], {
    name: "stubborn",
    rank: "server",
  });
  await waitUntil("the trap is set", async () => (await Deno.readTextFile(log.logFile)).includes("ready"));
  await stage.end();
  assertFalse(await isAlive(frozen.pid));
  assertFalse(await isAlive(log.pid));
});

Deno.test("a stage that keeps its directory leaves the data there", async () => {
  const keepIn = await Deno.makeTempDir({ prefix: "stolon-stage-keep-" });
  const stage = await Stage.open({ prefix: "unused-", keepIn });
  await Deno.writeTextFile(`${keepIn}/data`, "kept");
  await stage.end();
  assertEquals(await Deno.readTextFile(`${keepIn}/data`), "kept");
  assertFalse(await exists(`${keepIn}/pids`));
  await Deno.remove(keepIn, { recursive: true });
});

Deno.test("a stage whose owner is killed by SIGKILL clears itself away", async () => {
  const owner = new Deno.Command(Deno.execPath(), { args: ["run", "-q", "-A", OWNER], stdout: "piped" })
    .spawn();
  const reader = owner.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { directory, pid } = JSON.parse((await reader.read()).value ?? "");
  assert(await isAlive(pid));
  owner.kill("SIGKILL");
  await owner.status;
  await waitUntil("the sleeper is gone", async () => !await isAlive(pid));
  await waitUntil("the directory is gone", async () => !await exists(directory));
  await reader.cancel();
});

Deno.test("a stage ends its processes also when its directory has been removed under it", async () => {
  const stage = await Stage.open({ prefix: "stolon-stage-test-" });
  const { pid } = stage.start(["sleep", "3600"], { name: "sleeper", rank: "role" });
  await waitUntil("the pid is recorded", async () => (await Deno.readTextFile(stage.pidsFile)) !== "");
  await Deno.remove(stage.directory, { recursive: true });
  await stage.end();
  assertFalse(await isAlive(pid));
});

Deno.test("a reserved port is given to nobody else and is free for a server", async () => {
  await using reserved = await reservePort();
  Deno.listen({ hostname: "127.0.0.1", port: reserved.port }).close();
  const pool = new PortPool();
  for (let i = 0; i < 200; i++) assert(await pool.take() !== reserved.port);
  await pool.release();
});
