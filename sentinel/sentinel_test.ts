import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { decodeClusterData } from "../cluster/codec.ts";
import { newClusterData } from "../cluster/new_cluster_data.ts";
import { StoreConflictError, StoreUnreachableError } from "../store/errors.ts";
import type { ClusterStore } from "../store/cluster_store.ts";
import type { Store } from "../store/store.ts";
import {
  emptyKeeper,
  eventually,
  eventuallyDecided,
  eventuallyDocument,
  type Line,
  type Running,
  TestCluster,
} from "./test_cluster.ts";

const SPEC = { initMode: "new", failInterval: "5s", sleepInterval: "1s" } as const;

Deno.test("the first document comes from the initial cluster spec, once, however many sentinels there are", async () => {
  await using cluster = await TestCluster.create();
  const store = await cluster.store();
  await Promise.all(["a", "b", "c"].map((uid) => cluster.sentinel({ uid, initialSpec: SPEC })));
  const first = await eventuallyDocument(store, () => true);
  await eventually(
    "all sentinels' infos",
    async () => (await store.listSentinelInfos()).infos.length === 3 ? true : undefined,
  );
  const later = await eventuallyDocument(store, (data) => data.changeTime !== first.changeTime);
  assertEquals(later.cluster?.uid, first.cluster?.uid);
  assertEquals(later.cluster?.spec.failInterval, "5s");
});

Deno.test("without an initial cluster spec a sentinel waits for somebody to initialise the cluster", async () => {
  await using cluster = await TestCluster.create();
  const store = await cluster.store();
  const sentinel = await cluster.sentinel({ uid: "a" });
  await eventually(
    "the waiting line",
    () => Promise.resolve(sentinel.lines.find((line) => line.message.includes("waiting for stolonctl init"))),
  );
  assertEquals((await store.readClusterData()).data, null);
});

/** Waits for a look that begins later than this call: it complains of what is planted here. */
async function anotherLook({ lines }: Running, raw: Store): Promise<void> {
  const key = `proxies/info/${crypto.randomUUID()}`;
  await raw.put(key, "[]");
  const complains = ({ details }: Line) => details?.["key"] === key;
  await eventually("another look", () => Promise.resolve(lines.find(complains)));
}

const isRefusal = ({ level, message }: Line) => level === "error" && message.includes("stolonctl init");

Deno.test("a store that has lost the cluster that this sentinel knows gets no new one", async () => {
  await using cluster = await TestCluster.create();
  const store = await cluster.store();
  const raw = await cluster.rawStore();
  const sentinel = await cluster.sentinel({ uid: "a", initialSpec: SPEC });
  const before = await eventuallyDocument(store, () => true);
  await eventuallyDocument(store, ({ changeTime }) => changeTime !== before.changeTime);
  await raw.delete("clusterdata");
  const refusal = await eventually("the refusal", () => Promise.resolve(sentinel.lines.find(isRefusal)));
  assertMatch(refusal.message, new RegExp(`lost the cluster ${before.cluster?.uid}`));
  await anotherLook(sentinel, await cluster.rawStore());
  assertEquals((await store.readClusterData()).data, null);
  assertEquals(sentinel.lines.filter(isRefusal).length, 1);
  // The way back that the refusal names.
  const found = newClusterData(SPEC, { clusterUid: "recovered", now: "2026-01-01T00:00:00Z" });
  await store.swapClusterData(found, undefined);
  await store.publishKeeperInfo(emptyKeeper("k1", "recovered"), { ttlMs: 20_000 });
  await eventuallyDocument(store, ({ dbs }) => Object.keys(dbs).length > 0);
});

Deno.test("a sentinel that has just begun leaves an empty store alone when a keeper belongs to a cluster", async () => {
  await using cluster = await TestCluster.create();
  const store = await cluster.store();
  await store.publishKeeperInfo(emptyKeeper("k1", ""), { ttlMs: 60_000 });
  await store.publishKeeperInfo(emptyKeeper("k2", "lost1"), { ttlMs: 60_000 });
  const sentinel = await cluster.sentinel({ uid: "a", initialSpec: SPEC });
  const refusal = await eventually("the refusal", () => Promise.resolve(sentinel.lines.find(isRefusal)));
  assertMatch(refusal.message, /lost the cluster lost1:/);
  assertEquals(refusal.details?.["keepers"], ["k2"]);
  await anotherLook(sentinel, await cluster.rawStore());
  assertEquals((await store.readClusterData()).data, null);
});

Deno.test("a sentinel without an initial cluster spec says too that the store has lost the cluster", async () => {
  await using cluster = await TestCluster.create();
  const store = await cluster.store();
  await store.publishKeeperInfo(emptyKeeper("k1", "lost1"), { ttlMs: 60_000 });
  const sentinel = await cluster.sentinel({ uid: "a" });
  await eventually("the error", () => Promise.resolve(sentinel.lines.find(isRefusal)));
  assertEquals(sentinel.lines.filter(({ message }) => message.includes("waiting for stolonctl init")), []);
});

Deno.test("keepers that belong to no cluster hold nothing up: the first document is written", async () => {
  await using cluster = await TestCluster.create();
  const store = await cluster.store();
  await store.publishKeeperInfo(emptyKeeper("k1", ""), { ttlMs: 60_000 });
  await cluster.sentinel({ uid: "a", initialSpec: SPEC });
  await eventuallyDocument(store, () => true);
});

Deno.test("a keeper that shows up is entered, gets a db, and the decision is in the history", async () => {
  await using cluster = await TestCluster.create();
  const store = await cluster.store();
  await cluster.sentinel({ uid: "a", initialSpec: SPEC });
  const { cluster: created } = await eventuallyDocument(store, () => true);
  await store.publishKeeperInfo(emptyKeeper("k1", created?.uid ?? ""), { ttlMs: 20_000 });
  const data = await eventuallyDocument(store, ({ dbs }) => Object.keys(dbs).length > 0);
  assertEquals(data.keepers["k1"]?.status.healthy, Boolean("healthy"));
  assertEquals(Object.values(data.dbs).map((db) => db.spec.keeperUID), ["k1"]);
  const decision = await eventuallyDecided(store, "initialising");
  assertEquals(decision.sentinel, "a");
  assertMatch(decision.reason, /^keeper k1 initialises the cluster as db /);
});

Deno.test("a leader that is stopped resigns, and another one leads", async () => {
  await using cluster = await TestCluster.create();
  const store = await cluster.store();
  const first = await cluster.sentinel({ uid: "a", initialSpec: SPEC });
  await eventually("the first leader", async () => await store.leader() === "a" ? true : undefined);
  await eventuallyDocument(store, () => true);
  await cluster.sentinel({ uid: "b" });
  await first.stop();
  await eventually("the second leader", async () => await store.leader() === "b" ? true : undefined);
  const stamp = (await store.readClusterData()).data?.changeTime ?? "";
  await eventuallyDocument(store, (data) => data.changeTime > stamp);
});

/** What an operator's command does: read, change, compare and swap. */
async function raiseMaxStandbys(store: ClusterStore, maxStandbys: number): Promise<void> {
  for (;;) {
    const { data, revision } = await store.readClusterData();
    if (data?.cluster === null || data === null) return;
    const spec = { ...data.cluster.spec, maxStandbys };
    try {
      return void await store.swapClusterData({ ...data, cluster: { ...data.cluster, spec } }, revision);
    } catch (error) {
      if (!(error instanceof StoreConflictError)) throw error;
    }
  }
}

Deno.test("a document that an operator changes between read and write wins", async () => {
  await using cluster = await TestCluster.create();
  const store = await cluster.store();
  let changes = 0;
  const sentinel = await cluster.sentinel({
    uid: "a",
    initialSpec: SPEC,
    async beforeSwap(other) {
      if (changes < 5) await raiseMaxStandbys(other, 100 + ++changes);
    },
  });
  const seen = await eventuallyDocument(store, (data) => data.cluster?.spec.maxStandbys === 105);
  await eventuallyDocument(store, (data) => data.changeTime > seen.changeTime);
  const { data } = await store.readClusterData();
  assertEquals(data?.cluster?.spec.maxStandbys, 105);
  assert(sentinel.lines.some((line) => line.message.includes("looking again")));
});

Deno.test("a sentinel that loses its leadership in the middle of a step writes nothing", async () => {
  await using cluster = await TestCluster.create();
  const store = await cluster.store();
  const before = newClusterData(SPEC, { clusterUid: "c", now: "2026-01-01T00:00:00Z" });
  await store.writeClusterData(before);
  let thefts = 0;
  const sentinel = await cluster.sentinel({
    uid: "a",
    async beforeSwap(_documents, raw) {
      // Another one leads now, and the sentinel doesn't know it yet.
      await raw.put("sentinel-leader", "another", { ttlMs: 3_600_000 });
      thefts++;
    },
  });
  const refused = (message: string) => message.includes("looking again");
  await eventually(
    "the refusal",
    () => Promise.resolve(sentinel.lines.find(({ message }) => refused(message))),
  );
  await sentinel.stop();
  assertGreater(thefts, 0);
  assertEquals((await store.readClusterData()).data, before);
});

Deno.test("a history that can't be read is begun anew, with a warning", async () => {
  await using cluster = await TestCluster.create();
  const raw = await cluster.rawStore();
  await raw.put("history", "nonsense");
  const store = await cluster.store();
  const sentinel = await cluster.sentinel({ uid: "a", initialSpec: SPEC });
  const { cluster: created } = await eventuallyDocument(store, () => true);
  await store.publishKeeperInfo(emptyKeeper("k1", created?.uid ?? ""), { ttlMs: 20_000 });
  await eventually(
    "the warning",
    () =>
      Promise.resolve(
        sentinel.lines.find((line) => line.level === "warn" && line.message.includes("begun anew")),
      ),
  );
  await eventuallyDecided(store, "keepers");
});

Deno.test("an info that can't be read is named and stops nobody else", async () => {
  await using cluster = await TestCluster.create();
  const raw = await cluster.rawStore();
  await raw.put("keepers/info/bad", "{");
  await raw.put("proxies/info/worse", "[]");
  const store = await cluster.store();
  const sentinel = await cluster.sentinel({ uid: "a", initialSpec: SPEC });
  const { cluster: created } = await eventuallyDocument(store, () => true);
  await store.publishKeeperInfo(emptyKeeper("k1", created?.uid ?? ""), { ttlMs: 20_000 });
  await eventuallyDocument(store, ({ dbs }) => Object.keys(dbs).length > 0);
  const named = sentinel.lines.filter((line) => line.message.includes("can't be read"))
    .map(({ details }) => details?.["key"]);
  assertEquals([...new Set(named)].sort(), ["keepers/info/bad", "proxies/info/worse"]);
});

Deno.test("a decision whose write got no answer is told when the document turns out to be there", async () => {
  await using cluster = await TestCluster.create();
  const store = await cluster.store();
  let unanswered = false;
  const sentinel = await cluster.sentinel({
    uid: "a",
    initialSpec: SPEC,
    afterSwap(value) {
      if (unanswered || Object.keys(decodeClusterData(value)?.dbs ?? {}).length === 0) return;
      unanswered = true;
      throw new StoreUnreachableError(
        { attempted: "compare-and-swap clusterdata", endpoint: "test" },
        "no answer",
      );
    },
  });
  const { cluster: created } = await eventuallyDocument(store, () => true);
  await store.publishKeeperInfo(emptyKeeper("k1", created?.uid ?? ""), { ttlMs: 20_000 });
  const data = await eventuallyDocument(store, ({ dbs }) => Object.keys(dbs).length > 0);
  const decision = await eventuallyDecided(store, "initialising");
  assertEquals(Object.keys(data.dbs).filter((uid) => decision.reason.includes(uid)).length, 1);
  const told = sentinel.lines.filter((line) => line.message === decision.reason);
  assertEquals(told.length, 1);
  assert(unanswered);
});

Deno.test("a sentinel that can't write its own info says so once, and goes on watching and deciding", async () => {
  await using cluster = await TestCluster.create();
  const store = await cluster.store();
  let failures = 0;
  const sentinel = await cluster.sentinel({
    uid: "a",
    initialSpec: SPEC,
    beforePut(key) {
      if (!key.startsWith("sentinels/")) return;
      failures++;
      throw new StoreUnreachableError({ attempted: `put ${key}`, endpoint: "test" }, "no answer");
    },
  });
  const { cluster: created } = await eventuallyDocument(store, () => true);
  await store.publishKeeperInfo(emptyKeeper("k1", created?.uid ?? ""), { ttlMs: 60_000 });
  await eventuallyDocument(store, ({ dbs }) => Object.keys(dbs).length > 0);
  // Patience ends only in a process that has been watching all the time: looks that count as missed would stop it.
  await eventually(
    "the silent keeper's failure",
    () => Promise.resolve(sentinel.lines.find(({ message }) => message.startsWith("keeper k1 has failed"))),
  );
  assertGreater(failures, 1);
  assertEquals(sentinel.lines.filter(({ message }) => message.includes("a look at the cluster failed")), []);
  assertEquals(
    sentinel.lines.filter(({ message }) => message.includes("own info can't be written")).length,
    1,
  );
});
