import { assert, assertEquals, assertFalse } from "@std/assert";
import type { Assignment } from "./assignment.ts";
import { newsWorthy, type PublishedQuestion, publishedState } from "./published_state.ts";
import type { KeeperSettings } from "./settings.ts";

const SETTINGS = { advertiseAddress: "pg.example", advertisePort: 15432 } as KeeperSettings;
const IDLE: Assignment = { kind: "stop", reason: "no db" };
const assigned = (uid: string) => ({ kind: "converge", goal: { db: { uid } } }) as unknown as Assignment;
const dbState = { UID: "db1", Generation: 7, Initializing: false, InitPGParameters: null };
const seen = {
  systemId: "7711343728277873102",
  timelineID: 3,
  position: 0x2000_0000_0000_0001n,
  history: [1, 2, 3].map((timelineID) => ({ timelineID, switchPoint: BigInt(timelineID), reason: "" })),
  fileParameters: { work_mem: "4MB" },
  inSync: ["db2"],
  oldestWalFile: "000000030000000000000001",
};

const state = (changes: Partial<PublishedQuestion> = {}) =>
  publishedState({
    settings: SETTINGS,
    assignment: assigned("db1"),
    dbState,
    seen,
    healthy: true,
    segmentBytes: 16n * 1024n * 1024n,
    ...changes,
  });

Deno.test("published: the advertised address, the reached generation, the last two ancestors", () => {
  assertEquals(state(), {
    uid: "db1",
    generation: 7,
    listenAddress: "pg.example",
    port: "15432",
    healthy: true,
    systemID: "7711343728277873102",
    timelineID: 3,
    xLogPos: 0x2000_0000_0000_0001n,
    timelinesHistory: seen.history.slice(1),
    pgParameters: { work_mem: "4MB" },
    synchronousStandbys: ["db2"],
    synchronousStandbysConfirmed: true,
    olderWalFile: "000000030000000000000001",
  });
});

Deno.test("published: while initialising, the new db with generation 0", () => {
  const initialising = { ...dbState, UID: "db2", Initializing: true };
  for (const local of [dbState, initialising, null]) {
    const published = state({ assignment: assigned("db2"), dbState: local, seen: null, healthy: false });
    assertEquals({ uid: published?.uid, generation: published?.generation }, { uid: "db2", generation: 0 });
  }
});

Deno.test("published: without an assignment what the directory is, and nothing when it is nothing", () => {
  assertEquals(state({ assignment: IDLE })?.uid, "db1");
  assertEquals(state({ assignment: IDLE, dbState: null }), null);
  assertEquals(state({ assignment: IDLE, dbState: { ...dbState, Initializing: true } }), null);
});

Deno.test("published: an instance that does not answer keeps its position and is in sync with nobody", () => {
  const published = state({ healthy: false });
  assertEquals(published?.xLogPos, seen.position);
  assertEquals(published?.synchronousStandbys, []);
});

Deno.test("published: no WAL file name when segments are not 16 MiB", () => {
  assertEquals(state({ segmentBytes: 64n * 1024n * 1024n })?.olderWalFile, "");
  assertEquals(state({ segmentBytes: null })?.olderWalFile, "");
});

Deno.test("news: anything but the position", () => {
  const before = state();
  assertFalse(newsWorthy(before, state({ seen: { ...seen, position: 5n, oldestWalFile: "" } })));
  assert(newsWorthy(before, state({ healthy: false })));
  assert(newsWorthy(before, state({ seen: { ...seen, timelineID: 4 } })));
  assert(newsWorthy(null, before));
  assertFalse(newsWorthy(null, null));
});
