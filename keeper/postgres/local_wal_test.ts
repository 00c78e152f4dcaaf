import { assert, assertEquals } from "@std/assert";
import { forkPoint } from "../../cluster/timelines.ts";
import { parseLsn } from "../../cluster/lsn.ts";
import { REQUEST_TIMEOUT_MS, TestInstance } from "../../tests/postgres_instance.ts";
import { postgresTests } from "../../tests/postgres_user.ts";
import { readControlData } from "./controldata.ts";
import { measureLocalWal } from "./local_wal.ts";
import { readSource } from "./source_server.ts";
import { recordEnd } from "./wal_positions.ts";

const test = postgresTests(import.meta.url);
const limits = { timeoutMs: REQUEST_TIMEOUT_MS };

test("a stopped primary: its shutdown checkpoint is its last record, and where the next timeline would part", async () => {
  await using primary = await TestInstance.primary();
  await using standby = await TestInstance.standbyOf(primary);
  await primary.stop();
  const local = await measureLocalWal(primary.instance);
  const control = await readControlData(primary.instance);
  assertEquals([local.timelineID, local.history], [1, []]);
  assert(local.end > control.checkpoint && local.end - control.checkpoint < 200n);
  await standby.caughtUpTo(local.end);
  await standby.promote();
  const source = await readSource(standby.instance, { address: standby.address, slot: "x", ...limits });
  // Nothing was written after what the standby had: the fork is exactly the end of the former primary.
  assertEquals(forkPoint(source.history, 1), local.end);
});

test("a former primary that wrote on ends after the fork", async () => {
  await using primary = await TestInstance.primary();
  await using standby = await TestInstance.standbyOf(primary);
  await standby.promote();
  await primary.query("create table t (i int)");
  await primary.stop();
  const local = await measureLocalWal(primary.instance);
  const source = await readSource(standby.instance, { address: standby.address, slot: "x", ...limits });
  assert(local.end > (forkPoint(source.history, 1) ?? 0n));
});

test("a standby: WAL counts that was received and not yet replayed", async () => {
  await using primary = await TestInstance.primary();
  await using standby = await TestInstance.standbyOf(primary);
  await standby.query("select pg_wal_replay_pause()");
  await primary.query("create table t as select generate_series(1, 1000)");
  const wanted = parseLsn(await primary.value("select pg_current_wal_flush_lsn()") ?? "");
  await standby.received(wanted);
  await standby.stop();
  const local = await measureLocalWal(standby.instance);
  assert(local.end >= wanted, `${local.end} < ${wanted}`);
  assert((await readControlData(standby.instance)).minimumRecoveryEnd < wanted);
});

test("a standby on a later timeline than its last restartpoint", async () => {
  await using primary = await TestInstance.primary();
  await using first = await TestInstance.standbyOf(primary);
  await using second = await TestInstance.standbyOf(primary);
  await primary.stop();
  await first.promote();
  await second.stop();
  await second.follow(first);
  await second.start();
  await first.query("create table t (i int)");
  await second.caughtUp(first);
  const end = parseLsn(await second.value("select pg_last_wal_replay_lsn()") ?? "");
  await second.stop("immediate");
  assertEquals((await readControlData(second.instance)).timelineID, 1);
  const local = await measureLocalWal(second.instance);
  assertEquals([local.timelineID, local.history.map((entry) => entry.timelineID)], [2, [1]]);
  assert(local.end >= end);
});

test("WAL that ends with its segment, and the next one isn't there", async () => {
  await using primary = await TestInstance.primary();
  await using standby = await TestInstance.standbyOf(primary);
  await primary.query("create table t (i int)");
  await primary.query("select pg_switch_wal()");
  const end = parseLsn(await primary.value("select pg_current_wal_insert_lsn()") ?? "");
  await standby.received(end - end % 0x1000000n);
  await standby.stop();
  const local = await measureLocalWal(standby.instance);
  assertEquals(local.end, end - end % 0x1000000n);
});

test("recordEnd agrees with PostgreSQL over pages and segments", async () => {
  await using primary = await TestInstance.primary();
  await using session = await primary.session();
  for (const lengthBytes of [1n, 100n, 8000n, 9000n, 40_000n, 300_000n]) {
    const start = parseLsn(await session.value("select pg_current_wal_insert_lsn()") ?? "");
    const end = parseLsn(
      await session.value(`select pg_logical_emit_message(false, '', repeat('x', ${lengthBytes}))`) ?? "",
    );
    // The header of the record, of its block and of the message, and the prefix.
    const counted = [50n, 51n, 52n, 53n, 54n, 55n, 56n, 57n, 58n].map((header) =>
      recordEnd({ start, lengthBytes: lengthBytes + header, isSwitch: false }, 0x1000000n)
    );
    assert(counted.includes(end), `${lengthBytes} from ${start}: ${end} not in ${counted}`);
  }
});
