import { assert, assertEquals } from "@std/assert";
import {
  type ConfigurationInput,
  formatConfiguration,
  generateParameters,
  isManagedName,
  type Parameters,
  reportedParameters,
} from "./configuration.ts";

const input: ConfigurationInput = {
  version: { Maj: 15, Min: 4 },
  userParameters: {},
  listenAddress: "10.0.0.1",
  port: 5432,
  socketDirectory: "/tmp",
  maxStandbys: 20,
  additionalWalSenders: 5,
  usePgrewind: false,
  synchronousStandbyNames: [],
  recoveryParameters: {},
};

const BASE: Parameters = {
  hot_standby: "on",
  listen_addresses: "10.0.0.1",
  max_replication_slots: "20",
  max_wal_senders: "47",
  port: "5432",
  synchronous_standby_names: "",
  unix_socket_directories: "/tmp",
  wal_keep_size: "128",
  wal_level: "replica",
};

interface Case {
  readonly changes: Partial<ConfigurationInput>;
  /** What differs from the base; undefined: not there. */
  readonly differs: Record<string, string | undefined>;
}

const cases: Record<string, Case> = {
  "the least": { changes: {}, differs: {} },
  "the user's parameters": { changes: { userParameters: { work_mem: "4MB" } }, differs: { work_mem: "4MB" } },
  "managed ones win": {
    changes: {
      userParameters: {
        port: "1",
        Listen_Addresses: "*",
        max_wal_senders: "1",
        hot_standby: "off",
        primary_conninfo: "host=evil",
        recovery_target_time: "2020-01-01",
        recovery_min_apply_delay: "1h",
      },
    },
    differs: {},
  },
  "one spelling of a name": {
    changes: { userParameters: { Work_Mem: "4MB" } },
    differs: { work_mem: "4MB" },
  },
  "logical, if the user says so": {
    changes: { userParameters: { wal_level: "logical" } },
    differs: { wal_level: "logical" },
  },
  "minimal is not enough": { changes: { userParameters: { wal_level: "minimal" } }, differs: {} },
  "the user's wal_keep_size, as it is": {
    changes: { userParameters: { wal_keep_size: "1GB" } },
    differs: { wal_keep_size: "1GB" },
  },
  "segments are no parameter since 13": {
    changes: { userParameters: { wal_keep_segments: "100" } },
    differs: {},
  },
  "segments before 13": {
    changes: { version: { Maj: 12, Min: 1 } },
    differs: { wal_keep_size: undefined, wal_keep_segments: "8" },
  },
  "at least 8 segments": {
    changes: {
      version: { Maj: 12, Min: 1 },
      userParameters: { wal_keep_segments: "3", wal_keep_size: "1GB" },
    },
    differs: { wal_keep_size: undefined, wal_keep_segments: "8" },
  },
  "more segments": {
    changes: { version: { Maj: 12, Min: 1 }, userParameters: { wal_keep_segments: "30" } },
    differs: { wal_keep_size: undefined, wal_keep_segments: "30" },
  },
  "pg_rewind needs hints": { changes: { usePgrewind: true }, differs: { wal_log_hints: "on" } },
  "without pg_rewind the user decides about hints": {
    changes: { userParameters: { wal_log_hints: "on" } },
    differs: { wal_log_hints: "on" },
  },
  "synchronous": {
    changes: { synchronousStandbyNames: ["stolon_b", "stolon_a"] },
    differs: { synchronous_standby_names: "2 (stolon_a,stolon_b)" },
  },
  "recovery": {
    changes: { recoveryParameters: { primary_slot_name: "stolon_a" } },
    differs: { primary_slot_name: "stolon_a" },
  },
  "senders follow maxStandbys": {
    changes: { maxStandbys: 3, additionalWalSenders: 0 },
    differs: { max_replication_slots: "3", max_wal_senders: "8" },
  },
};

for (const [name, { changes, differs }] of Object.entries(cases)) {
  Deno.test(`generateParameters: ${name}`, () => {
    const wanted = Object.fromEntries(
      Object.entries({ ...BASE, ...differs }).filter(([, value]) => value !== undefined),
    );
    assertEquals(generateParameters({ ...input, ...changes }), wanted as Parameters);
  });
}

Deno.test("every supported version has the same managed parameters", () => {
  for (const major of [13, 14, 15, 16, 17, 18]) {
    assertEquals(generateParameters({ ...input, version: { Maj: major, Min: 0 } }), BASE);
  }
});

Deno.test("formatConfiguration sorts and doubles quotes", () => {
  assertEquals(formatConfiguration({ b: "it's", a: "1" }), "a = '1'\nb = 'it''s'\n");
});

Deno.test("formatConfiguration escapes what PostgreSQL would unescape", () => {
  assertEquals(formatConfiguration({ a: "C:\\new\nline" }), "a = 'C:\\\\new\\nline'\n");
});

Deno.test("reportedParameters leaves the managed ones out", () => {
  assertEquals(
    reportedParameters({
      port: "1",
      work_mem: "4MB",
      recovery_target_xid: "7",
      wal_level: "logical",
      wal_keep_size: "1GB",
    }),
    { wal_keep_size: "1GB", wal_level: "logical", work_mem: "4MB" },
  );
});

Deno.test("isManagedName knows any spelling", () => assert(isManagedName("Recovery_Target_LSN")));
