import { assert, assertEquals, assertFalse, assertStringIncludes, assertThrows } from "@std/assert";
import {
  decodeClusterData,
  decodeKeeperInfo,
  decodeProxyInfo,
  decodeSentinelInfo,
  encodeClusterData,
  encodeKeeperInfo,
  encodeProxyInfo,
  encodeSentinelInfo,
} from "./codec.ts";
import type { ClusterData } from "./clusterdata.ts";
import { FormatVersionError, MalformedDocumentError } from "./errors.ts";
import { goReadabilityProblems, missingPartsProblems } from "./go_readability.ts";
import { type JsonObject, parseJson, type WritableJson, writeJson } from "./json.ts";
import { mergePatch } from "./merge_patch.ts";

const FIXTURES = new URL("../tests/fixtures/", import.meta.url);
const STOLON_DOCUMENT = Deno.readTextFileSync(new URL("clusterdata_stolon_0_17.json", FIXTURES));

/** The fixture with a merge patch applied, as text. */
function patched(patch: string): string {
  return writeJson(mergePatch(parseJson(STOLON_DOCUMENT), parseJson(patch)) as WritableJson);
}

function decoded(text: string): ClusterData {
  const data = decodeClusterData(text);
  assert(data !== null);
  return data;
}

Deno.test("clusterdata: a document that Stolon wrote comes back field by field", () => {
  const text = encodeClusterData(decoded(STOLON_DOCUMENT));
  assertEquals(parseJson(text), parseJson(STOLON_DOCUMENT));
});

Deno.test("clusterdata: encoding is stable, and maps are sorted whatever their keys look like", () => {
  const data = decoded(STOLON_DOCUMENT);
  const text = encodeClusterData(data);
  assertEquals(encodeClusterData(decoded(text)), text);
  const renamed = { ...data, keepers: { zeta: keeperNamed(data, "zeta"), ...data.keepers } };
  const keys = [...encodeClusterData(renamed).matchAll(/"(12345678|keeper0|keeper1|zeta)":\{"uid"/g)];
  assertEquals(keys.map((match) => match[1]), ["12345678", "keeper0", "keeper1", "zeta"]);
});

function keeperNamed(data: ClusterData, uid: string) {
  const keeper = data.keepers["keeper0"];
  assert(keeper !== undefined);
  return { ...keeper, uid };
}

Deno.test("clusterdata: positions above 2^53 are exact", () => {
  const data = decoded(STOLON_DOCUMENT);
  assertEquals(data.dbs["1b3f6d2a"]?.status.xLogPos, 9007199254841993n);
  assertEquals(data.dbs["1b3f6d2a"]?.status.timelinesHistory[1]?.switchPoint, 9007199254740993n);
});

Deno.test("clusterdata: any position comes back exactly", () => {
  const base = decoded(STOLON_DOCUMENT);
  const db = base.dbs["1b3f6d2a"];
  assert(db !== undefined);
  let position = 1n;
  for (let round = 0; round < 500; round++) {
    // A full-period generator over 64 bits: every run tries the same scattered positions.
    position = BigInt.asUintN(64, position * 6364136223846793005n + 1442695040888963407n);
    const data = {
      ...base,
      dbs: { ...base.dbs, "1b3f6d2a": { ...db, status: { ...db.status, xLogPos: position } } },
    };
    const text = encodeClusterData(data);
    assertStringIncludes(text, `"xLogPos":${position},`);
    assertEquals(decoded(text), data);
  }
});

Deno.test("clusterdata: the text null is no document", () => {
  assertEquals(decodeClusterData("null"), null);
  assertEquals(decodeClusterData(" null\n"), null);
});

Deno.test("clusterdata: what is absent or null is zero", () => {
  const text =
    `{"formatVersion":1,"cluster":{"uid":"c","spec":{"initMode":"new"},"status":{"phase":"initializing"}},
    "keepers":{"k":{}},"dbs":{"d":{"spec":{"keeperUID":"k","role":"master","followers":null}}}}`;
  const data = decoded(text);
  assertEquals(data.changeTime, "0001-01-01T00:00:00Z");
  assertEquals(data.cluster?.status, { currentGeneration: 0, phase: "initializing", master: "" });
  assertEquals(data.keepers["k"]?.uid, "k");
  assertEquals(data.keepers["k"]?.status.canBeMaster, undefined);
  assertEquals(data.dbs["d"]?.spec.followers, []);
  assertEquals(data.dbs["d"]?.spec.initMode, "none");
  assertEquals(data.dbs["d"]?.spec.synchronousStandbys, null);
  assertEquals(data.dbs["d"]?.status.xLogPos, 0n);
  assertEquals(data.proxy, {
    uid: "",
    generation: 0,
    changeTime: "0001-01-01T00:00:00Z",
    spec: { masterDbUid: "", enabledProxies: [] },
  });
});

Deno.test("clusterdata: null keepers, dbs and proxy are read, and written as objects", () => {
  const text = encodeClusterData(
    decoded(`{"formatVersion":1,"cluster":null,"keepers":null,"dbs":null,"proxy":null}`),
  );
  assertEquals(missingPartsProblems(parseJson(text)), []);
});

Deno.test("clusterdata: the user's spec keeps null and absent apart", () => {
  const data = decoded(STOLON_DOCUMENT);
  assertEquals(data.cluster?.spec.pgHBA, null);
  assert(!Object.hasOwn(data.cluster?.spec ?? {}, "requestTimeout"));
  const spec = (parseJson(encodeClusterData(data)) as { cluster: { spec: JsonObject } }).cluster.spec;
  assertEquals(spec["automaticPgRestart"], null);
  assert(!Object.hasOwn(spec, "requestTimeout"));
});

Deno.test("clusterdata: no client lines and the default ones stay apart", () => {
  const data = decoded(patched(`{"cluster":{"spec":{"pgHBA":[]}},"dbs":{"1b3f6d2a":{"spec":{"pgHBA":[]}}}}`));
  assertEquals(data.cluster?.spec.pgHBA, []);
  const again = decoded(encodeClusterData(data));
  assertEquals(again.dbs["1b3f6d2a"]?.spec.pgHBA, []);
  assertEquals(again.dbs["8c1d0e5f"]?.spec.pgHBA, null);
});

Deno.test("clusterdata: lists and null as the keepers expect them", () => {
  const text = encodeClusterData(decoded(STOLON_DOCUMENT));
  const { dbs } = parseJson(text) as { dbs: Record<string, { spec: JsonObject }> };
  assertEquals(dbs["8c1d0e5f"]?.spec["followers"], []);
  assertEquals(dbs["8c1d0e5f"]?.spec["synchronousStandbys"], null);
  assertEquals(dbs["8c1d0e5f"]?.spec["additionalReplicationSlots"], null);
  assertEquals(dbs["1b3f6d2a"]?.spec["externalSynchronousStandbys"], []);
});

Deno.test("clusterdata: unknown fields are ignored", () => {
  const text = patched(
    `{"extra":1,"cluster":{"spec":{"future":"x"}},"dbs":{"1b3f6d2a":{"spec":{"future":{}}}}}`,
  );
  assertEquals(decoded(text), decoded(STOLON_DOCUMENT));
});

Deno.test("clusterdata: an external follow keeps its settings", () => {
  const follow = {
    type: "external",
    standbySettings: { primaryConninfo: "host=old", primarySlotName: "s" },
    archiveRecoverySettings: { restoreCommand: "cp %f %p" },
  } as const;
  const patch = writeJson({ dbs: { "1b3f6d2a": { spec: { role: "standby", followConfig: follow } } } });
  const data = decoded(patched(patch));
  assertEquals(data.dbs["1b3f6d2a"]?.spec.followConfig, follow);
  assertEquals(decoded(encodeClusterData(data)), data);
});

Deno.test("clusterdata: another format version is refused before anything else is looked at", () => {
  assertThrows(() => decodeClusterData(`{"formatVersion":2,"keepers":17}`), FormatVersionError, "version 2");
  assertThrows(() => decodeClusterData(`{}`), FormatVersionError, "version 0");
});

const MALFORMED: readonly [name: string, text: string, path: string][] = [
  ["no JSON", "{", ""],
  ["a list", "[]", ""],
  ["empty", "", ""],
  [
    "a number for a string",
    patched(`{"dbs":{"1b3f6d2a":{"status":{"port":5432}}}}`),
    "dbs.1b3f6d2a.status.port",
  ],
  [
    "a float position",
    patched(`{"dbs":{"1b3f6d2a":{"status":{"xLogPos":1.5}}}}`),
    "dbs.1b3f6d2a.status.xLogPos",
  ],
  [
    "a negative position",
    patched(`{"dbs":{"1b3f6d2a":{"status":{"xLogPos":-1}}}}`),
    "dbs.1b3f6d2a.status.xLogPos",
  ],
  [
    "a position above 64 bits",
    patched(`{"dbs":{"1b3f6d2a":{"status":{"xLogPos":18446744073709551616}}}}`),
    "dbs.1b3f6d2a.status.xLogPos",
  ],
  ["an unknown role", patched(`{"dbs":{"1b3f6d2a":{"spec":{"role":"primary"}}}}`), "dbs.1b3f6d2a.spec.role"],
  [
    "an unknown init mode",
    patched(`{"dbs":{"1b3f6d2a":{"spec":{"initMode":"x"}}}}`),
    "dbs.1b3f6d2a.spec.initMode",
  ],
  ["no phase", patched(`{"cluster":{"status":{"phase":null}}}`), "cluster.status.phase"],
  ["a keeper that is null", `{"formatVersion":1,"keepers":{"a":null}}`, "keepers.a"],
  [
    "a parameter that is a number",
    patched(`{"cluster":{"spec":{"pgParameters":{"a":1}}}}`),
    "cluster.spec.pgParameters.a",
  ],
  [
    "a list with a number",
    patched(`{"proxy":{"spec":{"enabledProxies":["a",1]}}}`),
    "proxy.spec.enabledProxies[1]",
  ],
];

for (const [name, text, path] of MALFORMED) {
  Deno.test(`clusterdata: malformed: ${name}`, () => {
    const error = assertThrows(() => decodeClusterData(text), MalformedDocumentError);
    assertEquals(error.path, path);
  });
}

const UNREADABLE: readonly [name: string, patch: string, problem: string][] = [
  ["unknown keeper", `{"dbs":{"1b3f6d2a":{"spec":{"keeperUID":"x"}}}}`, `there is no keeper "x"`],
  ["two dbs on one keeper", `{"dbs":{"1b3f6d2a":{"spec":{"keeperUID":"keeper1"}}}}`, `one keeper, "keeper1"`],
  ["standby without follow", `{"dbs":{"8c1d0e5f":{"spec":{"followConfig":null}}}}`, "a standby needs one"],
  ["master that isn't there", `{"cluster":{"status":{"master":"x"}}}`, `there is no db "x"`],
  ["17 bits", `{"cluster":{"spec":{"maxStandbys":65536}}}`, "maxStandbys: 65536"],
  ["33 bits", `{"cluster":{"spec":{"maxStandbyLag":4294967296}}}`, "maxStandbyLag: 4294967296"],
  ["negative", `{"dbs":{"1b3f6d2a":{"spec":{"additionalWalSenders":-1}}}}`, "additionalWalSenders: -1"],
  ["no duration", `{"cluster":{"spec":{"sleepInterval":"5"}}}`, "cluster.spec.sleepInterval"],
  ["no time", `{"keepers":{"keeper0":{"changeTime":"yesterday"}}}`, "keepers.keeper0.changeTime"],
  ["another uid than its key", `{"keepers":{"keeper0":{"uid":"keeper9"}}}`, `expected "keeper0"`],
];

for (const [name, patch, problem] of UNREADABLE) {
  Deno.test(`clusterdata: a Go program couldn't read it: ${name}`, () => {
    const data = decoded(patched(patch));
    assertStringIncludes(goReadabilityProblems(data).join("\n"), problem);
    assertThrows(() => encodeClusterData(data), MalformedDocumentError, problem);
  });
}

Deno.test("clusterdata: parts that decoding would fill in are missed in the text", () => {
  const text = `{"keepers":null,"dbs":{"d":{}},"proxy":{}}`;
  assertEquals(missingPartsProblems(parseJson(text)), [
    "keepers: expected an object, found none",
    "dbs.d.spec: expected an object, found none",
  ]);
});

Deno.test("infos: what Stolon wrote comes back field by field", () => {
  const keeper = Deno.readTextFileSync(new URL("keeper_info_stolon_0_17.json", FIXTURES));
  assertEquals(encodeKeeperInfo(decodeKeeperInfo(keeper)), keeper);
  const proxy = Deno.readTextFileSync(new URL("proxy_info_stolon_0_17.json", FIXTURES));
  assertEquals(encodeProxyInfo(decodeProxyInfo(proxy)), proxy);
  assertEquals(decodeProxyInfo(proxy).ProxyTimeout, 15_000_000_000n);
  assertEquals(encodeSentinelInfo(decodeSentinelInfo(`{"UID":"abc"}`)), `{"UID":"abc"}`);
});

Deno.test("infos: absent fields are zero, the state may be missing", () => {
  const info = decodeKeeperInfo(`{"uid":"k"}`);
  assertEquals(info.postgresState, null);
  assertEquals(info.canBeMaster, undefined);
  assertFalse(decodeKeeperInfo(`{"postgresState":{}}`).postgresState?.healthy);
  assertThrows(() => decodeKeeperInfo("null"), MalformedDocumentError);
  assertThrows(() => decodeProxyInfo(`{"ProxyTimeout":"15s"}`), MalformedDocumentError, "ProxyTimeout");
});

Deno.test("infos: a keeper's word that its standbys in sync have everything survives, and is absent otherwise", () => {
  const text = `{"postgresState":{"synchronousStandbys":["b"],"synchronousStandbysConfirmed":true}}`;
  const info = decodeKeeperInfo(text);
  assert(info.postgresState?.synchronousStandbysConfirmed);
  assertEquals(decodeKeeperInfo(encodeKeeperInfo(info)), info);
  const silent = decodeKeeperInfo(`{"postgresState":{"synchronousStandbys":["b"]}}`);
  assertFalse(silent.postgresState?.synchronousStandbysConfirmed);
  assertFalse(encodeKeeperInfo(silent).includes("Confirmed"));
});
