import { assert, assertEquals, assertGreater, assertRejects } from "@std/assert";
import { eventually, never, REQUEST_TIMEOUT_MS, TestInstance } from "../../tests/postgres_instance.ts";
import { postgresTests } from "../../tests/postgres_user.ts";
import { baseBackup, type CopyProgress, MissingSlotError } from "./basebackup.ts";
import { directoryKind, exists } from "./data_directory.ts";
import { probe } from "./probe.ts";
import { checkpoint, promote } from "./postgres_process.ts";
import { readSource } from "./source_server.ts";

const test = postgresTests(import.meta.url);
const limits = { timeoutMs: REQUEST_TIMEOUT_MS };

test("a copy through a slot, with progress, becomes a standby that streams", async () => {
  await using primary = await TestInstance.primary({ replPassword: "it's \\ a:secret" });
  await primary.query("create table t as select generate_series(1, 100000) as i");
  const seen: CopyProgress[] = [];
  await using standby = await TestInstance.standbyOf(primary, {
    replPassword: "it's \\ a:secret",
    directoryName: "data directory with 'quotes' and \\",
    onProgress: (progress) => seen.push(progress),
  });
  assertGreater(seen.length, 0);
  assertEquals(seen.at(-1)?.percent, 100);
  await eventually(() => probe(standby.instance, limits), (state) => state.streaming);
  assertEquals(await standby.value("select count(*) from t"), "100000");
});

test("nothing is copied when the slot is missing", async () => {
  await using primary = await TestInstance.primary();
  await using standby = await TestInstance.describe();
  const copying = baseBackup(standby.instance, {
    address: primary.address,
    slot: standby.slot,
    signal: never(),
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
  });
  await assertRejects(() => copying, MissingSlotError, standby.slot);
  assertEquals(await directoryKind(standby.instance.dataDirectory), "empty");
});

test("a copy that is cancelled ends at once and leaves no instance", async () => {
  await using primary = await TestInstance.primary();
  await using standby = await TestInstance.describe();
  // Large enough that the cancellation comes long before the end.
  await primary.query("create table t as select repeat('x', 1000) from generate_series(1, 60000)");
  const cancel = new AbortController();
  const copying = standby.copy(primary, { signal: cancel.signal });
  const begun = eventually(() => exists(`${standby.instance.dataDirectory}/base`), (yes) => yes);
  begun.then(() => cancel.abort(new Error("cancelled")));
  await assertRejects(() => copying, Error, "cancelled");
  await begun;
  assert(await directoryKind(standby.instance.dataDirectory) !== "instance");
});

test("a copy ends under synchronous replication without a standby", async () => {
  await using primary = await TestInstance.primary();
  primary.configure({ synchronousStandbyNames: ["stolon_nobody"] });
  primary.process?.reload();
  await eventually(
    () => primary.value("show synchronous_standby_names"),
    (value) => value === "stolon_nobody",
  );
  await using standby = await TestInstance.standbyOf(primary);
  assertEquals(await standby.value("select pg_is_in_recovery()"), "t");
});

test("a promotion is proved by the timeline; its checkpoint brings pg_control up to date", async () => {
  await using primary = await TestInstance.primary();
  await using standby = await TestInstance.standbyOf(primary);
  const before = await probe(standby.instance, limits);
  assertEquals([before.timelineID, before.inRecovery], [1, true]);
  const { timelineID } = await promote(standby.instance, {
    timeoutMs: 60_000,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
  });
  assertEquals(timelineID, 2);
  await checkpoint(standby.instance, { timeoutMs: 60_000 });
  const source = await readSource(standby.instance, { address: standby.address, slot: "none", ...limits });
  assertEquals([source.timelineID, source.checkpointTimelineID, source.inRecovery], [2, 2, false]);
  const after = await probe(standby.instance, limits);
  assertEquals(after.history, source.history);
  assertEquals(after.history.map((entry) => entry.timelineID), [1]);
  assertEquals(after.systemId, before.systemId);
});
