/** What a standby needs of its files and settings. */
import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { eventually, REQUEST_TIMEOUT_MS, TestInstance } from "../../tests/postgres_instance.ts";
import { postgresTests } from "../../tests/postgres_user.ts";
import { ControlDataError, readControlData } from "./controldata.ts";
import { PostgresProcess, StartError } from "./postgres_process.ts";
import { probe } from "./probe.ts";
import { externalStandbyParameters } from "./recovery_parameters.ts";
import { disableAutoConf, writeSignalFiles } from "./recovery_files.ts";
import { CommandError } from "./tool.ts";

const test = postgresTests(import.meta.url);
const limits = { timeoutMs: REQUEST_TIMEOUT_MS };

test("a standby follows another server by a reload alone; what it shows of its connection proves nothing", async () => {
  const passwords = { replPassword: "se'c \\ret" };
  await using primary = await TestInstance.primary(passwords);
  await using first = await TestInstance.standbyOf(primary, passwords);
  await using second = await TestInstance.standbyOf(primary, passwords);
  const before = await second.value("select pg_postmaster_start_time()");
  // It can't be compared with what was written: the password is hidden. (Nor can anybody rely on that: a receiver that goes
  // on on another timeline shows its connection as it was written, password and all.)
  const shown = async () => await second.value("select conninfo from pg_stat_wal_receiver") ?? "";
  await eventually(shown, (text) => text.includes("password=********"));
  await primary.stop();
  await first.promote();
  await second.follow(first);
  second.process?.reload();
  await first.query("create table t (i int)");
  await second.caughtUp(first);
  assertEquals(await second.value("select pg_postmaster_start_time()"), before);
  assert((await shown()).includes(`port=${first.instance.port}`));
});

test("settings in postgresql.auto.conf would beat ours; the link makes them nothing", async () => {
  await using primary = await TestInstance.primary();
  await using standby = await TestInstance.describe();
  await standby.copy(primary);
  await standby.follow(primary);
  const autoConf = `${standby.instance.dataDirectory}/postgresql.auto.conf`;
  await Deno.remove(autoConf).catch(() => {});
  await Deno.writeTextFile(autoConf, "primary_conninfo = 'host=192.0.2.1'\nwork_mem = '123kB'\n");
  standby.process = await PostgresProcess.start(standby.instance);
  await eventually(() => standby.value("show work_mem").catch(() => null), (value) => value === "123kB");
  await standby.stop();
  await disableAutoConf(standby.instance.dataDirectory);
  await standby.start();
  await standby.caughtUp(primary);
  assertEquals(await standby.value("show work_mem"), "4MB");
});

test("a standby needs at least its primary's settings; pg_controldata says how much", async () => {
  await using primary = await TestInstance.primary();
  await using standby = await TestInstance.standbyOf(primary);
  await standby.stop();
  await primary.stop();
  const more = { ...primary.configuration.userParameters, max_connections: "40", max_worker_processes: "12" };
  primary.configure({ userParameters: more });
  await primary.start();
  // Started with what it had, it gets to know the greater values from the WAL, stops replaying, and won't start again so.
  await standby.start();
  await eventually(
    () => Promise.resolve(readControlData(standby.instance)),
    (control) => control.minimumParameters["max_connections"] === "40",
  );
  await standby.stop();
  await assertRejects(() => standby.start(), StartError);
  await standby.stop("immediate");
  const { minimumParameters } = await readControlData(standby.instance);
  assertEquals([minimumParameters["max_connections"], minimumParameters["max_worker_processes"]], [
    "40",
    "12",
  ]);
  standby.configure({ userParameters: { ...standby.configuration.userParameters, ...minimumParameters } });
  await standby.start();
  await standby.caughtUp(primary);
});

test("without standby.signal a standby's directory starts as a primary on the same timeline", async () => {
  await using primary = await TestInstance.primary();
  await using standby = await TestInstance.standbyOf(primary);
  await standby.stop();
  await writeSignalFiles(standby.instance.dataDirectory, { standby: false, recovery: false });
  await standby.start();
  const state = await probe(standby.instance, limits);
  // Out of recovery, but not by a promotion: that is why only a higher timeline proves one.
  assertEquals([state.inRecovery, state.timelineID], [false, 1]);
  await standby.stop();
  await writeSignalFiles(standby.instance.dataDirectory, { standby: true, recovery: false });
  await standby.start();
  assert((await probe(standby.instance, limits)).inRecovery);
});

test("a standby that only reads an archive has received nothing: its position is what it replayed", async () => {
  await using primary = await TestInstance.primary();
  const archive = `${primary.instance.workDirectory}/archive`;
  await Deno.mkdir(archive);
  await primary.stop();
  const archiving = { archive_mode: "on", archive_command: `cp %p '${archive}/%f'` };
  primary.configure({ userParameters: { ...primary.configuration.userParameters, ...archiving } });
  await primary.start();
  await using standby = await TestInstance.describe();
  await standby.copy(primary);
  await primary.query("create table t (i int)");
  await primary.query("select pg_switch_wal()");
  await writeSignalFiles(standby.instance.dataDirectory, { standby: true, recovery: false });
  const restore = { restoreCommand: `cp '${archive}/%f' '%p'` };
  standby.configure({ recoveryParameters: externalStandbyParameters(null, restore) });
  await standby.start();
  await eventually(
    () => standby.value("select count(*) from pg_class where relname = 't'"),
    (count) => count === "1",
  );
  assertEquals(await standby.value("select pg_last_wal_receive_lsn()"), null);
  const state = await probe(standby.instance, limits);
  assert(state.position > 0n);
  assertEquals([state.streaming, state.timelineID], [false, 1]);
});

test("recovery_min_apply_delay holds replay back, and the position shows what was received", async () => {
  await using primary = await TestInstance.primary();
  await using standby = await TestInstance.standbyOf(primary);
  const external = {
    primaryConninfo: `host=127.0.0.1 port=${primary.instance.port} user=repl`,
    primarySlotName: standby.slot,
    recoveryMinApplyDelay: "1h",
  };
  standby.configure({ recoveryParameters: externalStandbyParameters(external, null) });
  standby.process?.reload();
  await eventually(() => standby.value("show recovery_min_apply_delay"), (value) => value === "1h");
  await primary.query("create table t (i int)");
  const before = await primary.value("select pg_current_wal_flush_lsn() - '0/0'");
  const state = await eventually(
    () => probe(standby.instance, limits),
    (seen) => seen.position >= BigInt(before ?? ""),
  );
  assert(state.streaming);
  assertEquals(await standby.value("select count(*) from pg_class where relname = 't'"), "0");
});

test("a damaged pg_control is no instance to go by", async () => {
  await using primary = await TestInstance.primary();
  await primary.stop();
  const path = `${primary.instance.dataDirectory}/global/pg_control`;
  const bytes = await Deno.readFile(path);
  const damaged = bytes.slice();
  damaged[100] = (damaged[100] ?? 0) ^ 255;
  await Deno.writeFile(path, damaged);
  const wrong = await assertRejects(() => readControlData(primary.instance));
  assert(wrong instanceof ControlDataError, String(wrong));
  await Deno.writeFile(path, new Uint8Array());
  const empty = await assertRejects(() => readControlData(primary.instance));
  assert(empty instanceof ControlDataError || empty instanceof CommandError, String(empty));
  await Deno.writeFile(path, bytes);
  assertFalse((await readControlData(primary.instance)).wasStandby);
});
