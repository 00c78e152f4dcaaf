import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import {
  eventually,
  never,
  REQUEST_TIMEOUT_MS,
  testBinPath,
  TestInstance,
} from "../../tests/postgres_instance.ts";
import { postgresTests } from "../../tests/postgres_user.ts";
import { PostgresError } from "./connection.ts";
import {
  disarmStalePidFile,
  findForeignPostmaster,
  readPostmasterPid,
  stopForeignPostmaster,
} from "./foreign_postmaster.ts";
import { PostgresProcess, readiness, StartError, waitReady } from "./postgres_process.ts";

const test = postgresTests(import.meta.url);

test("a primary starts, answers and stops cleanly", async () => {
  await using primary = await TestInstance.primary();
  assertEquals(await primary.value("select 1 + 1"), "2");
  await primary.stop();
  assertFalse(primary.process?.running);
  assertEquals(primary.process?.status?.code, 0);
  assertEquals(await readPostmasterPid(primary.instance.dataDirectory), undefined);
});

test("a configuration with which it can't start", async () => {
  await using primary = await TestInstance.primary();
  await primary.stop();
  primary.configure({ userParameters: { shared_buffers: "no number" } });
  await assertRejects(() => primary.start(), StartError, "exit code 1");
});

test("the exit is seen when somebody kills it", async () => {
  await using primary = await TestInstance.primary();
  Deno.kill(primary.process?.pid ?? 0, "SIGKILL");
  const status = await primary.process?.exited;
  assertEquals(status?.signal, "SIGKILL");
  const look = await readiness(primary.instance, { timeoutMs: REQUEST_TIMEOUT_MS });
  assertEquals(look.state, "unreachable");
});

test("a stop waits, says so, and can be given up; the request stands", async () => {
  await using primary = await TestInstance.primary();
  const child = primary.process;
  assert(child !== undefined);
  Deno.kill(child.pid, "SIGSTOP");
  const giveUp = new AbortController();
  const waited: number[] = [];
  const onProgress = (waitedMs: number) => {
    waited.push(waitedMs);
    giveUp.abort();
  };
  assertFalse(await child.stop({ signal: giveUp.signal, onProgress }));
  assertEquals(waited.length, 1);
  assert(child.running);
  // Thawed, it obeys the request that it was given while frozen.
  Deno.kill(child.pid, "SIGCONT");
  assertEquals((await child.exited).code, 0);
});

test("a start that is called off ends, also when PostgreSQL was born deaf to the request", async () => {
  await using primary = await TestInstance.primary();
  await primary.stop();
  const { instance } = primary;
  // As a background job of a script, whose programs ignore both signals until they say otherwise.
  const directory = `${instance.workDirectory}/deaf`;
  const real = `${testBinPath() ?? "/usr/bin"}/postgres`;
  await Deno.mkdir(directory);
  await Deno.writeTextFile(
    `${directory}/postgres`,
    `#!/bin/sh\ntrap '' INT QUIT\nsleep 1\nexec ${real} "$@"\n`,
    { mode: 0o755 },
  );
  const deaf = { ...instance, binaries: { ...instance.binaries, directory } };
  await assertRejects(() => PostgresProcess.start(deaf, { signal: AbortSignal.timeout(200) }), StartError);
  assertEquals((await findForeignPostmaster(instance.dataDirectory)).state, "none");
});

test("a frozen server doesn't hold up a query beyond its limit", async () => {
  await using primary = await TestInstance.primary();
  const child = primary.process;
  assert(child !== undefined);
  await using session = await primary.session();
  const backend = Number(await session.value("select pg_backend_pid()"));
  Deno.kill(backend, "SIGSTOP");
  Deno.kill(child.pid, "SIGSTOP");
  try {
    const look = await readiness(primary.instance, { timeoutMs: 300 });
    assertEquals(look.state, "unreachable");
    const giveUp = AbortSignal.timeout(300);
    const asked = readiness(primary.instance, { timeoutMs: REQUEST_TIMEOUT_MS, signal: giveUp });
    assertEquals((await asked).state, "unreachable");
  } finally {
    Deno.kill(backend, "SIGCONT");
    Deno.kill(child.pid, "SIGCONT");
  }
});

test("a standby that isn't consistent yet is starting, not dead", async () => {
  await using primary = await TestInstance.primary();
  await using standby = await TestInstance.describe();
  await standby.copy(primary);
  await standby.follow(primary);
  // Nothing to stream from and no WAL of the copy: it waits for consistency.
  await primary.stop();
  for await (const entry of Deno.readDir(`${standby.instance.dataDirectory}/pg_wal`)) {
    if (entry.isFile) await Deno.remove(`${standby.instance.dataDirectory}/pg_wal/${entry.name}`);
  }
  standby.process = await PostgresProcess.start(standby.instance);
  const limits = { timeoutMs: REQUEST_TIMEOUT_MS };
  await eventually(() => readiness(standby.instance, limits), (look) => look.state === "starting");
  const waiting = waitReady(standby.instance, standby.process, { timeoutMs: 200, requestTimeoutMs: 100 });
  await assertRejects(() => waiting, StartError, "does not answer");
  assert(standby.process.running);
});

test("a reload takes a changed configuration over", async () => {
  await using primary = await TestInstance.primary();
  primary.configure({ userParameters: { ...primary.configuration.userParameters, work_mem: "7MB" } });
  primary.process?.reload();
  await eventually(() => primary.value("show work_mem"), (value) => value === "7MB");
});

test("a postmaster that isn't our child is found and stopped", async () => {
  await using primary = await TestInstance.primary();
  const { dataDirectory } = primary.instance;
  assertEquals(await findForeignPostmaster(dataDirectory), {
    state: "running",
    pid: primary.process?.pid ?? 0,
  });
  await stopForeignPostmaster(primary.instance, never());
  assertEquals((await primary.process?.exited)?.code, 0);
  assertEquals(await findForeignPostmaster(dataDirectory), { state: "none" });
});

test("a pid file whose number another program of the same user has doesn't block a start", async () => {
  await using primary = await TestInstance.primary();
  const { dataDirectory } = primary.instance;
  const path = `${dataDirectory}/postmaster.pid`;
  const left = await Deno.readTextFile(path);
  await primary.stop();
  const other = new Deno.Command("sleep", { args: ["600"], stdin: "null", stdout: "null", stderr: "null" })
    .spawn();
  try {
    await Deno.writeTextFile(path, left.replace(/^\d+/, String(other.pid)));
    assertEquals(await findForeignPostmaster(dataDirectory), { state: "stale", pid: other.pid });
    // Without the remedy:
    await assertRejects(() => primary.start(), StartError);
    await disarmStalePidFile(dataDirectory);
    assertEquals((await Deno.readTextFile(path)).split("\n").slice(1), left.split("\n").slice(1));
    await primary.start();
  } finally {
    other.kill("SIGKILL");
    await other.status;
  }
});

test("a disarmed pid file still keeps a start out while the killed postmaster's processes live", async () => {
  await using primary = await TestInstance.primary();
  await using session = await primary.session();
  const backend = Number(await session.value("select pg_backend_pid()"));
  Deno.kill(backend, "SIGSTOP");
  try {
    Deno.kill(primary.process?.pid ?? 0, "SIGKILL");
    await primary.process?.exited;
    await disarmStalePidFile(primary.instance.dataDirectory);
    await assertRejects(() => primary.start(), StartError);
  } finally {
    Deno.kill(backend, "SIGKILL");
  }
  await eventually(() => startedOrNot(primary), (started) => started);
});

async function startedOrNot(primary: TestInstance): Promise<boolean> {
  try {
    await primary.start();
    return true;
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return false;
  }
}

test("a wrong password is refused with PostgreSQL's code", async () => {
  await using primary = await TestInstance.primary({ suPassword: "right" });
  const wrong = { ...primary.instance, superuser: { ...primary.instance.superuser, password: "wrong" } };
  const look = await readiness(wrong, { timeoutMs: REQUEST_TIMEOUT_MS });
  assert(look.error instanceof PostgresError);
  assertEquals(look.error.sqlState, "28P01");
});
