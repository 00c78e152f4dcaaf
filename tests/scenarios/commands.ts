/** The scenario language: what each command does to the world. `README.md` here lists them for those who write scenarios. */
import { newClusterData } from "../../cluster/new_cluster_data.ts";
import { parseDurationMs } from "../../cluster/duration.ts";
import { parseJson } from "../../cluster/json.ts";
import { parseLsn } from "../../cluster/lsn.ts";
import { decodeSpec } from "../../cluster/spec_codec.ts";
import { patchSpec } from "../../cluster/spec_parse.ts";
import { FakeKeeper } from "./fake_keeper.ts";
import { FakeSentinel } from "./fake_sentinel.ts";
import { describe } from "./describe.ts";
import type { World } from "./world.ts";

/** Does something to the world; what it returns is printed after the events. */
type Command = (world: World, words: readonly string[]) => readonly string[] | void;

/** What a scenario got wrong. */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
}

/** By name. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  /** `cluster {spec}`: an operator initialises a cluster, over whatever there was. */
  cluster(world, words) {
    const spec = decodeSpec(parseJson(words.join(" ") || `{"initMode":"new"}`));
    const count = Number(world.document?.cluster?.uid.replace("cluster", "") ?? 0) + 1;
    world.document = newClusterData(spec, { clusterUid: `cluster${count}`, now: "2026-01-01T00:00:00Z" });
    for (const keeper of world.keepers.values()) world.publishKeeper(keeper.uid);
    world.settle();
  },

  /** `spec {patch}`: an operator updates the spec by a merge patch. */
  spec(world, words) {
    const { document } = world;
    if (!document?.cluster) throw new ScenarioError("spec: there is no cluster");
    const spec = patchSpec(document.cluster.spec, words.join(" "));
    world.document = { ...document, cluster: { ...document.cluster, spec } };
    world.settle();
  },

  /** `keeper k1 [manner...]`: starts a keeper, or tells one how to behave; it publishes at once. */
  keeper(world, [uid = "", ...manners]) {
    const keeper = world.keepers.get(uid) ?? new FakeKeeper(uid);
    world.keepers.set(uid, keeper);
    for (const manner of manners) setManner(keeper, { manner, world });
    world.publishKeeper(uid);
    world.settle();
  },

  /** `keepers k1 k2 k3`: starts several at once. */
  keepers(world, uids) {
    for (const uid of uids) {
      world.keepers.set(uid, new FakeKeeper(uid));
      world.publishKeeper(uid);
    }
    world.settle();
  },

  /** `proxy p1 [manner...]`: starts a proxy, or tells one how to behave. */
  proxy(world, [uid = "", ...manners]) {
    const proxy = world.proxies.get(uid) ??
      {
        alive: true,
        obeys: true,
        readable: true,
        generation: world.document?.proxy.generation ?? 0,
        timeoutMs: 15_000,
      };
    world.proxies.set(uid, proxy);
    for (const manner of manners) {
      const [name, value = ""] = manner.split("=");
      if (name === "frozen") proxy.alive = false;
      else if (name === "thaws") proxy.alive = true;
      else if (name === "slow") proxy.obeys = false;
      else if (name === "obeys") proxy.obeys = true;
      else if (name === "timeout") proxy.timeoutMs = parseDurationMs(value);
      else if (name === "unreadable") proxy.readable = false;
      else if (name === "gone") {
        proxy.alive = false;
        world.proxyInfos.delete(uid);
      } else throw new ScenarioError(`proxy: unknown manner "${manner}"`);
    }
    world.publishProxy(uid);
    world.settle();
  },

  /** `sentinel s2`: starts another one; `sentinel s1 dies|frozen|thaws`. */
  sentinel(world, [uid = "", manner]) {
    const sentinel = world.sentinels.get(uid) ?? new FakeSentinel(uid);
    world.sentinels.set(uid, sentinel);
    if (manner === "dies") world.sentinels.delete(uid);
    else if (manner === "frozen") sentinel.alive = false;
    else if (manner === "thaws") sentinel.alive = true;
    else if (manner !== undefined) throw new ScenarioError(`sentinel: unknown manner "${manner}"`);
    world.settle();
  },

  /** `leader s2`: it leads from now on. */
  leader(world, [uid = ""]) {
    world.leader = uid;
    world.sentinels.get(uid)?.beginTerm();
    world.settle();
  },

  /** `advance 20s`: time passes; everybody publishes each sleep interval. */
  advance(world, [duration = ""]) {
    world.advance(parseDurationMs(duration));
  },

  /** `wal +1MB`: the master writes, and whoever streams follows. */
  wal(world, [amount = ""]) {
    const [, count, unit = "B"] = /^\+(\d+)(B|kB|MB|GB)?$/.exec(amount) ?? [];
    if (count === undefined) throw new ScenarioError(`wal: "${amount}" is no amount such as +16MB`);
    const bytes = BigInt(count) * (UNIT_BYTES[unit] ?? 1n);
    const masterKeeper = world.document?.dbs[world.document.cluster?.status.master ?? ""]?.spec.keeperUID;
    const keeper = world.keepers.get(masterKeeper ?? "");
    if (!keeper?.instance) throw new ScenarioError("wal: there is no master");
    keeper.instance = { ...keeper.instance, lsn: keeper.instance.lsn + bytes };
  },

  /** `store down|up`. */
  store(world, [state]) {
    world.storeIsUp = state === "up";
    if (world.storeIsUp) world.settle();
  },

  /** `failkeeper k1`: an operator declares it failed. */
  failkeeper(world, [uid = ""]) {
    const { document } = world;
    const keeper = document?.keepers[uid];
    if (!document || !keeper) throw new ScenarioError(`failkeeper: there is no keeper ${uid}`);
    const status = { ...keeper.status, forceFail: true };
    world.document = { ...document, keepers: { ...document.keepers, [uid]: { ...keeper, status } } };
    world.settle();
  },

  /** `removekeeper k1`: an operator removes it and its db. */
  removekeeper(world, [uid = ""]) {
    const { document } = world;
    if (!document) throw new ScenarioError("removekeeper: there is no document");
    const { [uid]: _removed, ...keepers } = document.keepers;
    const dbs = Object.fromEntries(
      Object.entries(document.dbs).filter(([, db]) => db.spec.keeperUID !== uid),
    );
    world.document = { ...document, keepers, dbs };
    world.settle();
  },

  /** `look`: one look, although nothing happened. */
  look(world) {
    world.look();
  },

  /** `view`: what the document says. */
  view: (world) => describe(world.document),

  /** `assignment db1 [field...]`: what a db's spec says. */
  assignment(world, [uid = "", ...fields]) {
    const spec: Readonly<Record<string, unknown>> = { ...world.document?.dbs[uid]?.spec };
    return (fields.length > 0 ? fields : Object.keys(spec)).map((field) =>
      `${field}: ${JSON.stringify(spec[field])}`
    );
  },

  /** `writes`: how often sentinels have written the document since this was last asked. */
  writes(world) {
    const count = world.writes;
    world.writes = 0;
    return [`${count}`];
  },
};

const UNIT_BYTES: Readonly<Record<string, bigint>> = { B: 1n, kB: 1024n, MB: 1_048_576n, GB: 1_073_741_824n };

type SetManner = (keeper: FakeKeeper, value: string, world: World) => void;

/** How a keeper can be told to behave. */
const MANNERS: Readonly<Record<string, SetManner>> = {
  "dies": ({ manners }) => manners.alive = false,
  "back": ({ manners }) => manners.alive = true,
  "healthy": ({ manners }) => manners.healthy = true,
  "unhealthy": ({ manners }) => manners.healthy = false,
  "no-db": ({ manners }) => manners.reportsNone = true,
  "has-db": ({ manners }) => manners.reportsNone = false,
  "stuck": ({ manners }) => manners.obeys = false,
  "obeys": ({ manners }) => manners.obeys = true,
  "lags": ({ manners }) => manners.streams = false,
  "streams": ({ manners }) => manners.streams = true,
  "boot": ({ manners }, value) => manners.bootUUID = value,
  "can-be-master": ({ manners }, value) => manners.canBeMaster = value === "yes",
  "can-be-synchronous": ({ manners }, value) => manners.canBeSynchronousReplica = value === "yes",
  "oldest-wal": ({ manners }, value) => manners.oldestWalFile = value,
  "cluster": ({ manners }, value) => manners.clusterUID = value,
  "parameters": ({ manners }, value) => manners.pgParameters = { [value]: "on" },
  "sync": ({ manners }, value) =>
    manners.sync = value === "really" ? undefined : value.split(",").filter((uid) => uid !== "none"),
  "confirms-sync": ({ manners }) => manners.confirmsSync = true,
  "expires": (keeper, _value, world) => {
    keeper.manners.alive = false;
    world.keeperInfos.delete(keeper.uid);
  },
  "lsn": (keeper, value) => change(keeper, { lsn: parseLsn(value) }),
  "timeline": (keeper, value) => change(keeper, { timelineID: Number(value) }),
  "system": (keeper, value) => change(keeper, { systemID: value }),
  /** `history=1@0/3000000,2@0/4000000`: where it left each timeline. */
  "history": (keeper, value) =>
    change(keeper, { history: value.split(",").filter(Boolean).map(historyEntry) }),
};

function setManner(
  keeper: FakeKeeper,
  { manner, world }: { readonly manner: string; readonly world: World },
): void {
  const [name = "", value = ""] = manner.split("=");
  const set = MANNERS[name];
  if (set === undefined) throw new ScenarioError(`keeper: unknown manner "${manner}"`);
  set(keeper, value, world);
}

function change(keeper: FakeKeeper, changes: Partial<NonNullable<FakeKeeper["instance"]>>): void {
  const blank = {
    dbUid: "",
    systemID: "1000",
    timelineID: 1,
    history: [],
    lsn: 0x3000000n,
    isPrimary: false,
  };
  keeper.instance = { ...blank, ...keeper.instance, ...changes };
}

function historyEntry(text: string) {
  const [timeline = "", lsn = ""] = text.split("@");
  return { timelineID: Number(timeline), switchPoint: parseLsn(lsn), reason: "" };
}
