import { assertEquals } from "@std/assert";
import {
  eventually,
  REQUEST_TIMEOUT_MS,
  TestInstance,
  testMajorVersion,
} from "../../tests/postgres_instance.ts";
import { postgresTests } from "../../tests/postgres_user.ts";
import { probe } from "./probe.ts";

const test = postgresTests(import.meta.url);
const limits = { timeoutMs: REQUEST_TIMEOUT_MS };

test("logical slots are nobody's business but their owner's", async () => {
  await using primary = await TestInstance.primary();
  await restartWith(primary, { wal_level: "logical" });
  await primary.query("select pg_create_logical_replication_slot('theirs', 'pgoutput')");
  const { slots } = await probe(primary.instance, limits);
  assertEquals(slots.map(({ name, physical }) => ({ name, physical })), [{
    name: "theirs",
    physical: false,
  }]);
});

if (testMajorVersion() >= 17) {
  test("from 17 on a standby keeps failover slots in step, when the user wants it", async () => {
    await using primary = await TestInstance.primary({ replPassword: "secret" });
    await restartWith(primary, { wal_level: "logical" });
    await primary.query(
      "select pg_create_logical_replication_slot('theirs', 'pgoutput', false, false, true)",
    );
    await using standby = await TestInstance.describe({ replPassword: "secret" });
    await standby.copy(primary);
    const wanted = { wal_level: "logical", sync_replication_slots: "on", hot_standby_feedback: "on" };
    standby.configure({ userParameters: { ...standby.configuration.userParameters, ...wanted } });
    await standby.follow(primary);
    await standby.start();
    await eventually(
      async () => {
        // The slot is taken over once the primary's has moved to where the standby is.
        await primary.query("select pg_log_standby_snapshot()");
        await primary.query("select pg_replication_slot_advance('theirs', pg_current_wal_lsn())");
        return await standby.query("select slot_name, synced, temporary from pg_replication_slots");
      },
      (rows) =>
        rows.some((row) =>
          row["slot_name"] === "theirs" && row["synced"] === "t" && row["temporary"] === "f"
        ),
    );
  });
}

async function restartWith(instance: TestInstance, more: Record<string, string>): Promise<void> {
  await instance.stop();
  instance.configure({ userParameters: { ...instance.configuration.userParameters, ...more } });
  await instance.start();
}
