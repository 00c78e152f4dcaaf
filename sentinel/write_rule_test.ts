import { assertEquals } from "@std/assert";
import type { ClusterData, Db, DbStatus } from "../cluster/clusterdata.ts";
import { newClusterData } from "../cluster/new_cluster_data.ts";
import { MAX_AGE_MS, nextWriteMs, writeReason } from "./write_rule.ts";

const EMPTY = newClusterData({ initMode: "new", sleepInterval: "2s" }, {
  clusterUid: "c",
  now: "2026-01-01T00:00:00Z",
});
const STATUS: DbStatus = {
  healthy: true,
  currentGeneration: 1,
  listenAddress: "10.0.0.1",
  port: "5432",
  systemdID: "7",
  timelineID: 1,
  xLogPos: 100n,
  timelinesHistory: [],
  pgParameters: {},
  synchronousStandbys: [],
  olderWalFile: "000000010000000000000001",
};
const KEEPER = {
  uid: "k",
  generation: 1,
  changeTime: "2026-01-01T00:00:00Z",
  status: {
    healthy: true,
    lastHealthyTime: "2026-01-01T00:00:00Z",
    bootUUID: "b",
    postgresBinaryVersion: { Maj: 15, Min: 8 },
    forceFail: false,
    canBeMaster: undefined,
    canBeSynchronousReplica: undefined,
  },
};

/** A document with one keeper and one db whose status differs by `changes`. */
function document(changes: Partial<DbStatus> = {}, lastHealthyTime = "2026-01-01T00:00:00Z"): ClusterData {
  const db = { uid: "d", generation: 1, changeTime: "", spec: {}, status: { ...STATUS, ...changes } };
  const keeper = { ...KEEPER, status: { ...KEEPER.status, lastHealthyTime } };
  return { ...EMPTY, keepers: { k: keeper }, dbs: { d: db as unknown as Db } };
}

const READ = document();
const CASES: readonly [
  name: string,
  decided: ClusterData,
  ageMs: number | undefined,
  reason: string | undefined,
][] = [
  [
    "the first look of a leadership, though nothing changed",
    READ,
    undefined,
    "the first look of a leadership",
  ],
  ["nothing changed", READ, 5000, undefined],
  ["nothing changed for long", READ, MAX_AGE_MS, "the document is getting old"],
  ["a healthy keeper's time moved", document({}, "2026-01-01T00:00:09Z"), 9000, undefined],
  ["a position moved just now", document({ xLogPos: 200n }), 3999, undefined],
  ["a position moved, after two sleep intervals", document({ xLogPos: 200n }), 4000, "positions have moved"],
  [
    "the oldest file moved",
    document({ olderWalFile: "000000010000000000000002" }),
    4000,
    "positions have moved",
  ],
  ["a db became unhealthy", document({ healthy: false }), 0, "the view has changed"],
  ["a generation was reached", document({ currentGeneration: 2 }), 0, "the view has changed"],
  ["a timeline began", document({ timelineID: 2, xLogPos: 300n }), 0, "the view has changed"],
  ["a standby is known in sync", document({ synchronousStandbys: ["e"] }), 0, "the view has changed"],
  ["a db was removed", { ...READ, dbs: {} }, 0, "the view has changed"],
  [
    "a proxy was enabled",
    {
      ...READ,
      proxy: { ...READ.proxy, spec: { masterDbUid: "d", enabledProxies: ["p"] } },
    },
    0,
    "the view has changed",
  ],
];

for (const [name, decided, ageMs, reason] of CASES) {
  Deno.test(`writing: ${name}`, () => {
    const writtenMs = ageMs === undefined ? undefined : 50_000 - ageMs;
    assertEquals(writeReason({ read: READ, decided, writtenMs, nowMs: 50_000 }), reason);
  });
}

Deno.test("writing: the next one is due after two sleep intervals, or ten seconds", () => {
  assertEquals(nextWriteMs(READ), 4000);
  assertEquals(
    nextWriteMs(newClusterData({ initMode: "new", sleepInterval: "1m" }, { clusterUid: "c", now: "" })),
    10_000,
  );
});
