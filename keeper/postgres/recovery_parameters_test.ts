import { assertEquals } from "@std/assert";
import {
  externalStandbyParameters,
  internalStandbyParameters,
  slotSyncDatabase,
  targetedRecoveryParameters,
} from "./recovery_parameters.ts";

const address = { host: "10.0.0.1", port: "5433" };

Deno.test("a standby of our own: sorted plain pairs, name and slot of its db", () => {
  const replication = { name: "repl", method: "md5" as const, password: "secret" };
  assertEquals(internalStandbyParameters(address, { replication, dbUid: "ab12" }), {
    primary_conninfo:
      "application_name=stolon_ab12 host=10.0.0.1 password=secret port=5433 sslmode=prefer user=repl",
    primary_slot_name: "stolon_ab12",
  });
});

Deno.test("no password with trust", () => {
  const replication = { name: "repl", method: "trust" as const, password: undefined };
  assertEquals(
    internalStandbyParameters(address, { replication, dbUid: "a" })["primary_conninfo"],
    "application_name=stolon_a host=10.0.0.1 port=5433 sslmode=prefer user=repl",
  );
});

Deno.test("a password is quoted as libpq wants it", () => {
  const replication = { name: "repl", method: "md5" as const, password: "a 'b' \\" };
  assertEquals(
    internalStandbyParameters(address, { replication, dbUid: "a" })["primary_conninfo"],
    "application_name=stolon_a host=10.0.0.1 password='a \\'b\\' \\\\' port=5433 sslmode=prefer user=repl",
  );
});

Deno.test("an external primary: the user's strings unchanged", () => {
  assertEquals(
    externalStandbyParameters(
      { primaryConninfo: "port=1  host=x", primarySlotName: "slot", recoveryMinApplyDelay: "5min" },
      { restoreCommand: "cp %f %p" },
    ),
    {
      primary_conninfo: "port=1  host=x",
      primary_slot_name: "slot",
      recovery_min_apply_delay: "5min",
      restore_command: "cp %f %p",
    },
  );
  assertEquals(externalStandbyParameters(null, null), {});
});

Deno.test("recovery to a target promotes at the end of it", () => {
  assertEquals(targetedRecoveryParameters({ restoreCommand: "cp" }, { recoveryTargetTime: "2026-01-01" }), {
    restore_command: "cp",
    recovery_target_time: "2026-01-01",
    recovery_target_timeline: "latest",
    recovery_target_action: "promote",
  });
});

Deno.test("a timeline alone is no target to stop at", () => {
  assertEquals(targetedRecoveryParameters(null, { recoveryTargetTimeline: "3" }), {
    recovery_target_timeline: "3",
  });
});

Deno.test("slot synchronisation needs a database in the connection: from 17 on, when it is wanted", () => {
  const replication = { name: "repl", method: "trust" as const, password: undefined };
  assertEquals(
    internalStandbyParameters(address, { replication, dbUid: "a", database: "postgres" })["primary_conninfo"],
    "application_name=stolon_a dbname=postgres host=10.0.0.1 port=5433 sslmode=prefer user=repl",
  );
  const wanted = { sync_replication_slots: "on" };
  assertEquals(slotSyncDatabase({ Maj: 17, Min: 0 }, wanted), "postgres");
  assertEquals(slotSyncDatabase({ Maj: 16, Min: 0 }, wanted), undefined);
  assertEquals(slotSyncDatabase({ Maj: 17, Min: 0 }, { sync_replication_slots: "off" }), undefined);
  assertEquals(slotSyncDatabase({ Maj: 17, Min: 0 }, {}), undefined);
});
