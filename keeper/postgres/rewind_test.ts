import { assert, assertEquals, assertRejects } from "@std/assert";
import { eventually, never, REQUEST_TIMEOUT_MS, TestInstance } from "../../tests/postgres_instance.ts";
import { postgresTests } from "../../tests/postgres_user.ts";
import { readControlData } from "./controldata.ts";
import { recoverFromCrash, UnfinishedBackupError } from "./crash_recovery.ts";
import { measureLocalWal } from "./local_wal.ts";
import { promote } from "./postgres_process.ts";
import { disableAutoConf, writeSignalFiles } from "./recovery_files.ts";
import { rewind, type RewindOptions } from "./rewind.ts";
import { readSource } from "./source_server.ts";
import { CommandError } from "./tool.ts";
import { archiveWaitingFiles, filesToArchive } from "./wal_archive.ts";

const test = postgresTests(import.meta.url);
const limits = { timeoutMs: REQUEST_TIMEOUT_MS };

function rewindTo(source: TestInstance, changes: Partial<RewindOptions> = {}): RewindOptions {
  return {
    address: source.address,
    signal: never(),
    hasRestoreCommand: false,
    ...changes,
  };
}

/** A former primary with commits that the promoted standby never saw; neither is stopped. */
async function parted(former: TestInstance, standby: TestInstance): Promise<void> {
  await former.query("create table t (i int)");
  await standby.caughtUp(former);
  await standby.promote();
  await former.query("insert into t values (1)");
  await standby.query("insert into t values (2)");
}

test("a former primary is rewound and follows, with passwords, under synchronous replication", async () => {
  const passwords = { suPassword: "a: 'b' \\c", replPassword: "d" };
  await using former = await TestInstance.primary(passwords);
  await using next = await TestInstance.standbyOf(former, passwords);
  await parted(former, next);
  await former.stop();
  // Nobody confirms: whoever waits for a standby waits for ever.
  next.configure({ synchronousStandbyNames: ["stolon_nobody"], recoveryParameters: {} });
  next.process?.reload();
  await eventually(() => next.value("show synchronous_standby_names"), (value) => value === "stolon_nobody");
  assertEquals(await rewind(former.instance, rewindTo(next)), { rewound: true });
  await former.follow(next);
  await former.start();
  await former.caughtUp(next);
  assertEquals(await former.query("select i from t"), [{ i: "2" }]);
});

test("pg_rewind fails on the link that keeps ALTER SYSTEM out: it is a file while it works", async () => {
  await using former = await TestInstance.primary();
  await using next = await TestInstance.standbyOf(former);
  await parted(former, next);
  await former.stop();
  const autoConf = `${former.instance.dataDirectory}/postgresql.auto.conf`;
  assert((await Deno.lstat(autoConf)).isSymlink);
  await rewind(former.instance, rewindTo(next));
  assert((await Deno.lstat(autoConf)).isFile);
  await disableAutoConf(former.instance.dataDirectory);
  assert((await Deno.lstat(autoConf)).isSymlink);
});

test("nothing to rewind is said so", async () => {
  await using former = await TestInstance.primary();
  await using next = await TestInstance.standbyOf(former);
  await former.stop();
  await next.caughtUpTo((await measureLocalWal(former.instance)).end);
  await next.promote();
  assertEquals(await rewind(former.instance, rewindTo(next)), { rewound: false });
});

test("until the checkpoint after a promotion the source shows the old timeline to pg_rewind", async () => {
  await using former = await TestInstance.primary();
  await using next = await TestInstance.standbyOf(former);
  // Enough dirty pages for the checkpoint after the promotion, which nobody hurries, to last.
  await former.query("create table t as select repeat('x', 500) from generate_series(1, 20000)");
  await next.caughtUp(former);
  await promote(next.instance, { timeoutMs: 60_000, requestTimeoutMs: REQUEST_TIMEOUT_MS });
  const early = await readSource(next.instance, { address: next.address, slot: "x", ...limits });
  assertEquals([early.timelineID, early.checkpointTimelineID], [2, 1]);
  await next.query("checkpoint");
  const late = await readSource(next.instance, { address: next.address, slot: "x", ...limits });
  assertEquals([late.timelineID, late.checkpointTimelineID], [2, 2]);
});

test("after a crash: recovered first, then rewound; without that pg_rewind refuses", async () => {
  await using former = await TestInstance.primary();
  await using next = await TestInstance.standbyOf(former);
  await parted(former, next);
  await former.stop("immediate");
  assert(!(await readControlData(former.instance)).cleanlyStopped);
  await assertRejects(
    () => rewind(former.instance, rewindTo(next)),
    CommandError,
    "must be shut down cleanly",
  );
  await recoverFromCrash(former.instance, never());
  assert((await readControlData(former.instance)).cleanlyStopped);
  assertEquals(await rewind(former.instance, rewindTo(next)), { rewound: true });
});

test("crash recovery keeps WAL for the archiver, and refuses an unfinished copy", async () => {
  await using primary = await TestInstance.primary();
  const { dataDirectory } = primary.instance;
  const userParameters = {
    ...primary.configuration.userParameters,
    archive_mode: "on",
    archive_command: "false",
  };
  await primary.stop();
  primary.configure({ userParameters });
  await primary.start();
  await primary.query("select pg_switch_wal()");
  await eventually(() => filesToArchive(dataDirectory), (names) => names.length > 0);
  const waiting = await filesToArchive(dataDirectory);
  await primary.stop("immediate");
  await writeSignalFiles(dataDirectory, { standby: true, recovery: true });
  await recoverFromCrash(primary.instance, never());
  const kept = await filesToArchive(dataDirectory);
  assert(waiting.every((name) => kept.includes(name)));
  await Deno.writeTextFile(`${dataDirectory}/backup_label`, "x");
  await assertRejects(() => recoverFromCrash(primary.instance, never()), UnfinishedBackupError);
});

test("WAL that waits for the archiver is archived before a rewind removes it", async () => {
  await using former = await TestInstance.primary();
  await using next = await TestInstance.standbyOf(former);
  const { dataDirectory, workDirectory } = former.instance;
  await Deno.mkdir(`${workDirectory}/archive`);
  const settings = {
    archiveMode: "on",
    archiveCommand: `test ! -f '${workDirectory}/archive/%f' && cp %p '${workDirectory}/archive/%f'`,
  };
  // While it runs the archive is out of order.
  await former.stop();
  former.configure({
    userParameters: { ...former.configuration.userParameters, archive_mode: "on", archive_command: "false" },
  });
  await former.start();
  await parted(former, next);
  await former.query("select pg_switch_wal()");
  await former.query("insert into t values (3)");
  await former.stop();
  const waiting = await filesToArchive(dataDirectory);
  assert(waiting.length > 0);
  const given = { signal: never(), fileLimitMs: REQUEST_TIMEOUT_MS };
  const refused = { settings: { ...settings, archiveCommand: "false" }, ...given, fileLimitMs: 1 };
  await assertRejects(() => archiveWaitingFiles(dataDirectory, refused));
  assertEquals(await filesToArchive(dataDirectory), waiting);
  assertEquals(await archiveWaitingFiles(dataDirectory, { settings, ...given }), waiting.length);
  await rewind(former.instance, rewindTo(next));
  for (const name of waiting) assert((await Deno.stat(`${workDirectory}/archive/${name}`)).isFile, name);
});

test("WAL that is missing on the target comes by its restore command", async () => {
  await using former = await TestInstance.primary();
  await using next = await TestInstance.standbyOf(former);
  const { dataDirectory, workDirectory } = former.instance;
  await former.query("create table t (i int)");
  await next.caughtUp(former);
  await next.promote();
  // The fork lies in a segment that is gone from pg_wal afterwards.
  const fork = await former.value("select pg_walfile_name(pg_current_wal_lsn())") ?? "";
  for (let i = 0; i < 3; i++) {
    await former.query("insert into t values (1)");
    await former.query("select pg_switch_wal()");
  }
  await former.query("checkpoint");
  await former.stop();
  await Deno.mkdir(`${workDirectory}/archive`);
  await Deno.rename(`${dataDirectory}/pg_wal/${fork}`, `${workDirectory}/archive/${fork}`);
  await assertRejects(() => rewind(former.instance, rewindTo(next)), CommandError);
  former.configure({ recoveryParameters: { restore_command: `cp '${workDirectory}/archive/%f' '%p'` } });
  assertEquals(await rewind(former.instance, rewindTo(next, { hasRestoreCommand: true })), { rewound: true });
});

test("a rewind that is cancelled ends", async () => {
  await using former = await TestInstance.primary();
  await using next = await TestInstance.standbyOf(former);
  await parted(former, next);
  await former.stop();
  const abort = new AbortController();
  // Frozen, the source cannot let it come to its end.
  const pid = next.process?.pid ?? 0;
  assert(pid > 0);
  Deno.kill(pid, "SIGSTOP");
  try {
    const working = rewind(former.instance, rewindTo(next, { signal: abort.signal }));
    abort.abort(new Error("cancelled"));
    await assertRejects(() => working, Error, "cancelled");
  } finally {
    Deno.kill(pid, "SIGCONT");
  }
});
