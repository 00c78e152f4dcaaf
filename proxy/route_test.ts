import { assert, assertEquals, assertFalse, assertLess, assertThrows } from "@std/assert";
import type { ClusterData, Db } from "../cluster/clusterdata.ts";
import type { ClusterSpec } from "../cluster/spec.ts";
import {
  chosenTarget,
  forwardingDeadline,
  infoToPublish,
  type Instant,
  isPast,
  keptTarget,
  type Orders,
  type Publication,
  readOrders,
  remainingMs,
  type Target,
} from "./route.ts";

interface Document {
  readonly spec?: ClusterSpec;
  readonly generation?: number;
  readonly masterDbUid?: string;
  readonly enabledProxies?: readonly string[];
  readonly listenAddress?: string;
  readonly port?: string;
  readonly noCluster?: boolean;
}

function document(changed: Document = {}): ClusterData {
  const cluster: ClusterData["cluster"] = {
    uid: "c1",
    generation: 1,
    changeTime: "2026-01-01T00:00:00Z",
    spec: { initMode: "new", ...changed.spec },
    status: { currentGeneration: 1, phase: "normal", master: "db1" },
  };
  return {
    formatVersion: 1,
    changeTime: "2026-01-01T00:00:00Z",
    cluster: changed.noCluster ? null : cluster,
    keepers: {},
    dbs: { db1: db("db1", changed) },
    proxy: {
      uid: "p",
      generation: changed.generation ?? 3,
      changeTime: "2026-01-01T00:00:00Z",
      spec: {
        masterDbUid: changed.masterDbUid ?? "db1",
        enabledProxies: changed.enabledProxies ?? ["me", "other"],
      },
    },
  };
}

/** Only what the proxy reads; the rest of a db is other rooms' business. */
function db(uid: string, { listenAddress = "10.0.0.1", port = "5432" }: Document): Db {
  return { uid, status: { listenAddress, port } } as Db;
}

const forwarding: Orders = readOrders(document(), "me");
const destination = { dbUid: "db1", host: "10.0.0.1", port: 5432 };
const target: Target = { ...destination, ip: "10.0.0.1" };

Deno.test("what a document orders", async (t) => {
  const cases: readonly [string, ClusterData | null, Partial<Orders>][] = [
    ["no document", null, { generation: undefined, masterSet: false, refusal: "no_cluster_data" }],
    ["no cluster", document({ noCluster: true }), {
      generation: 3,
      masterSet: false,
      refusal: "no_cluster_data",
    }],
    ["no proxy object", document({ generation: 0 }), {
      generation: 0,
      masterSet: false,
      refusal: "no_master",
    }],
    ["barrier", document({ masterDbUid: "" }), { generation: 3, masterSet: false, refusal: "no_master" }],
    ["unknown db", document({ masterDbUid: "gone" }), { masterSet: true, refusal: "unknown_master" }],
    ["a name of Object's", document({ masterDbUid: "constructor" }), {
      masterSet: true,
      refusal: "unknown_master",
    }],
    ["no address", document({ listenAddress: "" }), { masterSet: true, refusal: "no_address" }],
    ["no port", document({ port: "" }), { masterSet: true, refusal: "no_address" }],
    ["port 0", document({ port: "0" }), { masterSet: true, refusal: "no_address" }],
    ["port too high", document({ port: "65536" }), { masterSet: true, refusal: "no_address" }],
    ["port no number", document({ port: "54x" }), { masterSet: true, refusal: "no_address" }],
    ["not listed", document({ enabledProxies: ["other"] }), { masterSet: true, refusal: "not_enabled" }],
    ["listed", document(), { generation: 3, masterSet: true, refusal: undefined, destination }],
  ];
  for (const [name, data, expected] of cases) {
    await t.step(name, () => {
      const orders = readOrders(data, "me");
      assertEquals({ ...orders, ...expected, destination: expected.destination }, orders);
    });
  }
});

Deno.test("times come from the spec, with defaults when there is none", () => {
  const times = (orders: Orders) => [orders.proxyCheckIntervalMs, orders.proxyTimeoutMs];
  assertEquals(times(readOrders(null, "me")), [5000, 15000]);
  const spec: ClusterSpec = { proxyCheckInterval: "500ms", proxyTimeout: "2s" };
  assertEquals(times(readOrders(document({ spec }), "me")), [500, 2000]);
});

Deno.test("an invalid spec is refused: the look has failed", () => {
  const spec: ClusterSpec = { proxyCheckInterval: "20s", proxyTimeout: "5s" };
  assertThrows(() => readOrders(document({ spec }), "me"), Error, "proxyCheckInterval");
});

Deno.test("what is kept before anything is awaited", async (t) => {
  const elsewhere = readOrders(document({ listenAddress: "10.0.0.2" }), "me");
  const cases: readonly [string, Target | undefined, Orders, Target | undefined][] = [
    ["the same destination", target, forwarding, target],
    ["nothing to keep", undefined, forwarding, undefined],
    ["barrier", target, readOrders(document({ masterDbUid: "" }), "me"), undefined],
    ["no longer listed", target, readOrders(document({ enabledProxies: [] }), "me"), undefined],
    ["document gone", target, readOrders(null, "me"), undefined],
    ["another address", target, elsewhere, undefined],
    ["another port", target, readOrders(document({ port: "5433" }), "me"), undefined],
    ["another db at the same address", { ...target, dbUid: "db0" }, forwarding, undefined],
  ];
  for (const [name, present, orders, expected] of cases) {
    await t.step(name, () => assertEquals(keptTarget(present, orders), expected));
  }
});

Deno.test("a name's addresses: the present one as long as it is among them, else the first", async (t) => {
  const cases: readonly [string, Target | undefined, readonly string[], string | undefined][] = [
    ["first look", undefined, ["10.0.0.1", "10.0.0.2"], "10.0.0.1"],
    ["order changed", target, ["10.0.0.2", "10.0.0.1"], "10.0.0.1"],
    ["moved", target, ["10.0.0.2"], "10.0.0.2"],
    ["does not resolve", target, [], undefined],
  ];
  for (const [name, kept, ips, expected] of cases) {
    await t.step(name, () => assertEquals(chosenTarget(kept, { orders: forwarding, ips })?.ip, expected));
  }
  const barrier = readOrders(document({ masterDbUid: "" }), "me");
  assertEquals(chosenTarget(undefined, { orders: barrier, ips: ["10.0.0.1"] }), undefined);
});

function at(ms: number, wallMs = ms): Instant {
  return { monotonicMs: ms, wallMs };
}

Deno.test("when an info is published, and with which timeout", async (t) => {
  const published: Publication = { generation: 3, proxyTimeoutMs: 15000, rightMs: 15000, startedAt: at(0) };
  const shorter = readOrders(document({ spec: { proxyCheckInterval: "1s", proxyTimeout: "5s" } }), "me");
  const longer = readOrders(document({ spec: { proxyTimeout: "60s" } }), "me");
  const tight = readOrders(document({ spec: { proxyCheckInterval: "4s", proxyTimeout: "5s" } }), "me");
  const cases: readonly [string, Publication | undefined, Orders, Instant, number | undefined][] = [
    ["first look", undefined, forwarding, at(0), 15000],
    ["no document", published, readOrders(null, "me"), at(0), undefined],
    ["stands", published, forwarding, at(9999), undefined],
    ["due after two check intervals", published, forwarding, at(10000), 15000],
    ["due by the wall clock", published, forwarding, at(1, 10000), 15000],
    ["new generation", published, { ...forwarding, generation: 4 }, at(1), 15000],
    ["timeout shortened: the old right may still run", published, shorter, at(1), 15000],
    ["after that the short one", { ...published, rightMs: 5000 }, shorter, at(2), 5000],
    ["timeout lengthened", published, longer, at(1), 60000],
    ["due after one timeout", { ...published, proxyTimeoutMs: 5000, rightMs: 5000 }, tight, at(5000), 5000],
  ];
  for (const [name, before, orders, now, expected] of cases) {
    await t.step(name, () => {
      const info = infoToPublish(before, { orders, startedAt: now });
      assertEquals(info?.proxyTimeoutMs, expected);
      if (info !== undefined) assertEquals(info.rightMs, orders.proxyTimeoutMs);
    });
  }
});

Deno.test("the deadline counts from the look's start, and the clock that gets there first decides", () => {
  const deadline = forwardingDeadline(at(1000, 500_000), forwarding);
  assertEquals(deadline, at(16000, 515_000));
  assertFalse(isPast(deadline, at(15999, 514_999)));
  assert(isPast(deadline, at(16000, 500_000)), "the wall clock was set back");
  assert(isPast(deadline, at(1001, 515_000)), "the machine was suspended");
  assertEquals(remainingMs(deadline, at(2000, 514_000)), 1000);
});

Deno.test("no right to forward outlives the silence after which a sentinel gives a proxy up", () => {
  for (const [check, timeout] of [["1s", "2s"], ["5s", "15s"], ["14s", "15s"], ["100ms", "30s"]] as const) {
    const orders = readOrders(document({ spec: { proxyCheckInterval: check, proxyTimeout: timeout } }), "me");
    const published = infoToPublish(undefined, { orders, startedAt: at(0) });
    let latestMs = 0;
    for (let ms = 0; ms < 100_000; ms += 50) {
      if (infoToPublish(published, { orders, startedAt: at(ms) }) !== undefined) break;
      latestMs = forwardingDeadline(at(ms), orders).monotonicMs;
    }
    assertLess(latestMs, 2 * (published?.proxyTimeoutMs ?? 0), `${check} ${timeout}`);
  }
});
