import { assertEquals } from "@std/assert";
import { confirmedDbUids, continueStretches, type SyncStandby, type SyncStretches } from "./in_sync.ts";

const standby = (changes: Partial<SyncStandby> = {}): SyncStandby => ({
  name: "stolon_a",
  pid: "10",
  flushed: 100n,
  ...changes,
});

interface Look {
  readonly position: bigint;
  readonly seen: readonly SyncStandby[];
  readonly inSync: readonly string[];
}

const cases: Record<string, readonly Look[]> = {
  "up to date at the first look": [{ position: 100n, seen: [standby()], inSync: ["a"] }],
  "behind at the first look: counts only from there on": [
    { position: 120n, seen: [standby()], inSync: [] },
    { position: 140n, seen: [standby({ flushed: 119n })], inSync: [] },
    { position: 160n, seen: [standby({ flushed: 120n })], inSync: ["a"] },
    { position: 190n, seen: [standby({ flushed: 120n })], inSync: ["a"] },
  ],
  "gone is gone": [
    { position: 100n, seen: [standby()], inSync: ["a"] },
    { position: 100n, seen: [], inSync: [] },
  ],
  "back with another walsender it begins anew": [
    { position: 100n, seen: [standby()], inSync: ["a"] },
    { position: 200n, seen: [standby({ pid: "11" })], inSync: [] },
    { position: 200n, seen: [standby({ pid: "11", flushed: 200n })], inSync: ["a"] },
  ],
  "sorted, and foreign names left out": [{
    position: 1n,
    seen: [standby({ name: "stolon_b" }), standby(), standby({ name: "pg_receivewal" })],
    inSync: ["a", "b"],
  }],
};

for (const [name, looks] of Object.entries(cases)) {
  Deno.test(`in sync: ${name}`, () => {
    let stretches: SyncStretches = new Map();
    for (const { position, seen, inSync } of looks) {
      stretches = continueStretches(stretches, { seen, position });
      assertEquals(confirmedDbUids(stretches), inSync);
    }
  });
}
