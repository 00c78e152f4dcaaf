import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { sleep } from "../../common/clock.ts";
import { eventually, REQUEST_TIMEOUT_MS, TestInstance } from "../../tests/postgres_instance.ts";
import { postgresTests } from "../../tests/postgres_user.ts";
import { probe } from "./probe.ts";
import { PostgresError, type Session } from "./connection.ts";
import { confirmedDbUids, type SyncStretches } from "./in_sync.ts";
import { readControlData } from "./controldata.ts";
import { createSlot, dropSlot } from "./slots.ts";
import { readStretches } from "./sync_rows.ts";
import { historyFileName } from "./timeline_history.ts";

const test = postgresTests(import.meta.url);
const limits = { timeoutMs: REQUEST_TIMEOUT_MS };

test("a primary: identity, position, file parameters less the managed ones, oldest WAL", async () => {
  await using primary = await TestInstance.primary();
  primary.configure({ userParameters: { ...primary.configuration.userParameters, work_mem: "5MB" } });
  const state = await probe(primary.instance, limits);
  const control = await readControlData(primary.instance);
  assertEquals(state.systemId, control.systemId);
  assertMatch(state.systemId, /^\d{15,20}$/);
  assertEquals([state.inRecovery, state.streaming, state.timelineID], [false, false, 1]);
  assert(state.position > control.checkpoint);
  assertEquals(state.history, []);
  assertEquals(state.fileParameters, {
    fsync: "off",
    max_connections: "20",
    shared_buffers: "16MB",
    wal_keep_size: "128",
    wal_level: "replica",
    work_mem: "5MB",
  });
  assertEquals(state.configurationProblems, []);
  assertEquals(state.oldestWalFile, "000000010000000000000001");
});

test("the oldest WAL file is first by place, not by timeline", async () => {
  await using primary = await TestInstance.primary();
  // A name of an older timeline with a later place sorts first as text.
  await Deno.writeTextFile(`${primary.instance.dataDirectory}/pg_wal/000000000000000000000009`, "");
  assertEquals((await probe(primary.instance, limits)).oldestWalFile, "000000010000000000000001");
});

test("a parameter that needs a restart shows at once, and is no problem; a bad one is", async () => {
  await using primary = await TestInstance.primary();
  const userParameters = primary.configuration.userParameters;
  primary.configure({ userParameters: { ...userParameters, max_connections: "30", work_mem: "much" } });
  const state = await probe(primary.instance, limits);
  assertEquals(state.pendingRestart, ["max_connections"]);
  assertEquals(state.configurationProblems.length, 1);
  assertMatch(state.configurationProblems.join(), /work_mem .*line \d+/);
});

test("an unknown parameter is named; PostgreSQL then applies nothing of the file", async () => {
  await using primary = await TestInstance.primary();
  const userParameters = primary.configuration.userParameters;
  primary.configure({ userParameters: { ...userParameters, no_such: "1" } });
  const state = await probe(primary.instance, limits);
  assertMatch(state.configurationProblems.join(), /no_such .*line \d+/);
});

test("a line that can't be parsed is a problem with neither name nor value", async () => {
  await using primary = await TestInstance.primary();
  const file = `${primary.instance.dataDirectory}/postgresql.conf`;
  await Deno.writeTextFile(file, `${await Deno.readTextFile(file)}\nthis is = = no line\n`);
  const state = await probe(primary.instance, limits);
  assertEquals(state.configurationProblems.length, 1);
  assertEquals(state.fileParameters["fsync"], "off");
});

test("a standby: timeline by the walreceiver, without one by the protocol, though pg_control lags", async () => {
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
  const streaming = await eventually(() => probe(second.instance, limits), (state) => state.streaming);
  assertEquals([streaming.timelineID, streaming.inRecovery], [2, true]);
  assertEquals(streaming.history.map((entry) => entry.timelineID), [1]);
  // No restartpoint has come by since the switch: this is why pg_control is not asked.
  assertEquals((await readControlData(second.instance)).timelineID, 1);
  await first.stop();
  const alone = await eventually(() => probe(second.instance, limits), (state) => !state.streaming);
  assertEquals([alone.timelineID, alone.systemId], [2, streaming.systemId]);
  assert(alone.position >= streaming.position);
  assertEquals(historyFileName(alone.timelineID), "00000002.history");
});

test("the limit is one for the whole look: each answer comes in time, all of them together do not", async () => {
  await using primary = await TestInstance.primary();
  const { instance } = primary;
  const socketDirectory = await Deno.makeTempDir();
  const file = `.s.PGSQL.${instance.port}`;
  using listener = Deno.listen({ transport: "unix", path: `${socketDirectory}/${file}` });
  const relaying = relaySlowly(listener, { path: `${instance.socketDirectory}/${file}`, delayMs: 400 });
  const slow = { ...instance, socketDirectory };
  assert(!(await probe(slow, limits)).inRecovery);
  await assertRejects(() => probe(slow, { timeoutMs: 1500 }), PostgresError, "1500 ms");
  listener.close();
  await relaying;
  await Deno.remove(socketDirectory, { recursive: true });
});

/** Each answer of the server comes this much later. Until the listener is closed and all connections have ended. */
async function relaySlowly(
  listener: Deno.UnixListener,
  { path, delayMs }: { readonly path: string; readonly delayMs: number },
): Promise<void> {
  const relays: Promise<unknown>[] = [];
  for await (const client of listener) {
    const server = await Deno.connect({ transport: "unix", path });
    const slowly = new TransformStream<Uint8Array, Uint8Array>({
      async transform(chunk, controller) {
        await sleep(delayMs);
        controller.enqueue(chunk);
      },
    });
    const back = server.readable.pipeThrough(slowly).pipeTo(client.writable);
    relays.push(Promise.allSettled([client.readable.pipeTo(server.writable), back]));
  }
  await Promise.all(relays);
}

test("slots: what they protect, whose they are", async () => {
  await using primary = await TestInstance.primary();
  await using session = await primary.session();
  await createSlot(session, "stolon_a");
  await session.query("select pg_create_physical_replication_slot('b', false)");
  await session.query("select pg_create_physical_replication_slot('c', false, true)");
  const { slots } = await probe(primary.instance, limits);
  const of = (name: string) => slots.find((slot) => slot.name === name);
  assertEquals(slots.map((slot) => slot.name), ["b", "c", "stolon_a"]);
  assertEquals([of("stolon_a")?.reserved, of("b")?.reserved], [true, false] as (boolean | undefined)[]);
  assertEquals([of("stolon_a")?.temporary, of("c")?.temporary], [false, true] as (boolean | undefined)[]);
  await dropSlot(session, "stolon_a");
  assertEquals((await probe(primary.instance, limits)).slots.map((slot) => slot.name), ["b", "c"]);
});

test("a slot whose WAL is gone is lost", async () => {
  await using primary = await TestInstance.primary();
  const userParameters = {
    ...primary.configuration.userParameters,
    max_slot_wal_keep_size: "1MB",
    wal_keep_size: "0",
  };
  primary.configure({ userParameters });
  primary.process?.reload();
  await eventually(() => primary.value("show max_slot_wal_keep_size"), (value) => value === "1MB");
  await primary.putSlot("stolon_a");
  for (let i = 0; i < 4; i++) {
    await primary.query("create table if not exists t (i int)");
    await primary.query("insert into t values (1)");
    await primary.query("select pg_switch_wal()");
  }
  await primary.query("checkpoint");
  const { slots } = await probe(primary.instance, limits);
  assertEquals(slots.map((slot) => slot.lost), [true]);
});

test("a standby is in sync once it has flushed what was there when it was first so called", async () => {
  await using primary = await TestInstance.primary();
  await using standby = await TestInstance.standbyOf(primary);
  let stretches: SyncStretches = new Map();
  const look = async () => {
    const state = await probe(primary.instance, { ...limits, stretches });
    stretches = state.stretches;
    return state;
  };
  assertEquals((await look()).inSync, []);
  primary.configure({ synchronousStandbyNames: [standby.slot] });
  primary.process?.reload();
  await eventually(look, (state) => state.inSync.join() === standby.dbUid);
  await standby.stop();
  await eventually(look, (state) => state.inSync.length === 0);
});

test("what is committed while the rows are read is not taken for confirmed", async () => {
  await using primary = await TestInstance.primary();
  await using standby = await TestInstance.standbyOf(primary);
  primary.configure({ synchronousStandbyNames: [standby.slot] });
  primary.process?.reload();
  await eventually(
    () => primary.value("select count(*)::text from pg_stat_replication where sync_state = 'sync'"),
    (count) => count === "1",
  );
  await using session = await primary.session();
  await session.query("create table t (i int)");
  const interrupted: Pick<Session, "query"> = {
    async query(text, values) {
      const rows = await session.query(text, values);
      if (/pg_stat_replication/.test(text)) await session.query("insert into t values (1)");
      return rows;
    },
  };
  const early = await readStretches(interrupted, new Map());
  assertEquals(confirmedDbUids(early), []);
  await standby.caughtUp(primary);
  const late = await eventually(
    () => readStretches(session, early),
    (stretches) => confirmedDbUids(stretches).length > 0,
  );
  assertEquals(confirmedDbUids(late), [standby.dbUid]);
});
