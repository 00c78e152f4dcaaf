import { assertEquals } from "@std/assert";
import type { ClusterData, Db, Keeper } from "../cluster/clusterdata.ts";
import type { ClusterSpec } from "../cluster/spec.ts";
import { newClusterData } from "../cluster/new_cluster_data.ts";
import { nextDeadlineMs } from "./deadlines.ts";
import { type DbSighting, EMPTY_MEMORY, type KeeperSighting, type Memory } from "./memory.ts";

const SPEC: ClusterSpec = { initMode: "new" };
const WATCHED_MS = 100_000;
const QUIET_DB: DbSighting = {
  error: undefined,
  unconverged: undefined,
  lastGood: undefined,
  highestLsn: 0n,
  standstill: undefined,
  invalidSinceWatchedMs: undefined,
};

function document(spec: ClusterSpec, initMode: Db["spec"]["initMode"] = "none"): ClusterData {
  const data = newClusterData(spec, { clusterUid: "c", now: "2026-01-01T00:00:00Z" });
  const db = { uid: "d", spec: { initMode } } as unknown as Db;
  return { ...data, keepers: { k: { uid: "k" } as unknown as Keeper }, dbs: { d: db } };
}

function keeperSilentFor(ms: number): Memory["keepers"] {
  const sighting: KeeperSighting = {
    infoUID: "i",
    seen: true,
    inDocument: true,
    aliveWatchedMs: WATCHED_MS - ms,
    publishedAfterMs: 0,
    bootUUID: "b",
    formerBoots: [],
  };
  return { k: sighting };
}

function dbWith(sighting: Partial<DbSighting>): Partial<Memory> {
  return { dbs: { d: { ...QUIET_DB, ...sighting } } };
}

const errorFor = (ms: number) => ({ sinceWatchedMs: WATCHED_MS - ms, bootUUID: "b", boots: 1 });
const unconvergedFor = (ms: number) => ({ generation: 2, sinceWatchedMs: WATCHED_MS - ms });

interface Case {
  readonly name: string;
  readonly memory: Partial<Memory>;
  readonly spec?: ClusterSpec;
  readonly initMode?: Db["spec"]["initMode"];
  readonly proxyTimeoutMs?: number;
  readonly due: number | undefined;
}

const CASES: readonly Case[] = [
  { name: "nothing is running", memory: {}, due: undefined },
  { name: "a keeper's patience", memory: { keepers: keeperSilentFor(5000) }, due: 15_000 },
  {
    name: "a patience that has ended is no deadline",
    memory: { keepers: keeperSilentFor(20_000) },
    due: undefined,
  },
  {
    name: "the floor of a keeper's patience",
    spec: { ...SPEC, failInterval: "1s" },
    memory: { keepers: keeperSilentFor(5000) },
    due: 6000,
  },
  { name: "a db's error", memory: dbWith({ error: errorFor(19_000) }), due: 1000 },
  {
    name: "a db's way to its generation",
    memory: dbWith({ unconverged: unconvergedFor(10_000) }),
    due: 20_000,
  },
  {
    name: "a resync may take as long as it wants",
    initMode: "resync",
    memory: dbWith({ unconverged: unconvergedFor(10_000) }),
    due: undefined,
  },
  {
    name: "an initialisation has initTimeout",
    initMode: "new",
    memory: dbWith({ unconverged: unconvergedFor(60_000) }),
    due: 240_000,
  },
  {
    name: "a doubt about a db's branch",
    memory: dbWith({ invalidSinceWatchedMs: WATCHED_MS - 2000 }),
    due: 4000,
  },
  {
    name: "a proxy's silence",
    memory: { proxies: { p: { infoUID: "i", changedWatchedMs: WATCHED_MS - 25_000 } } },
    proxyTimeoutMs: 15_000,
    due: 5000,
  },
  {
    name: "a proxy that names no timeout has the spec's",
    memory: { proxies: { p: { infoUID: "i", changedWatchedMs: WATCHED_MS - 25_000 } } },
    proxyTimeoutMs: 0,
    due: 5000,
  },
  { name: "a spec that settles", memory: { spec: { spec: SPEC, changedMs: 200_000 - 100 } }, due: 400 },
  {
    name: "the first of several",
    memory: { keepers: keeperSilentFor(5000), ...dbWith({ error: errorFor(19_500) }) },
    due: 500,
  },
  {
    name: "an invalid spec",
    spec: { failInterval: "x" },
    memory: { keepers: keeperSilentFor(5000) },
    due: undefined,
  },
];

for (const { name, memory, spec = SPEC, initMode, proxyTimeoutMs, due } of CASES) {
  Deno.test(`next deadline: ${name}`, () => {
    const proxyInfos = proxyTimeoutMs === undefined
      ? []
      : [{ infoUID: "i", UID: "p", Generation: 1, ProxyTimeout: BigInt(proxyTimeoutMs) * 1_000_000n }];
    assertEquals(
      nextDeadlineMs({
        clusterData: document(spec, initMode),
        proxyInfos,
        memory: { ...EMPTY_MEMORY, watchedMs: WATCHED_MS, ...memory },
        now: { monotonicMs: 200_000, wallTime: "2026-01-01T00:00:00Z" },
      }),
      due,
    );
  });
}
