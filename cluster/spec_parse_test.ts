import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { SpecError } from "./errors.ts";
import { encodeSpecText, parseSpec, patchSpec } from "./spec_parse.ts";
import { resolveSpec, withDefaults } from "./spec_defaults.ts";
import { nearestName } from "./nearest_name.ts";

Deno.test("parseSpec: names in any capitals are put right, in objects too", () => {
  const spec = parseSpec(`{"INITMODE":"pitr","pgHba":[],"pitrconfig":{"DataRestoreCommand":"x"},
    "pgParameters":{"Work_Mem":"1MB"}}`);
  assertEquals(spec, {
    initMode: "pitr",
    pitrConfig: { dataRestoreCommand: "x" },
    pgParameters: { Work_Mem: "1MB" },
    pgHBA: [],
  });
});

const REFUSED: readonly [text: string, message: string][] = [
  [
    `{"initMode":"new","sleepIntervall":"5s"}`,
    `unknown option "sleepIntervall" (did you mean "sleepInterval"?)`,
  ],
  [`{"synchronousReplicaton":true}`, `did you mean "synchronousReplication"?`],
  [`{"newConfig":{"local":"C"}}`, `unknown option "newConfig.local" (did you mean "newConfig.locale"?)`],
  [`{"xyzzy":1}`, `unknown option "xyzzy"`],
  [`{"pgHBA":[],"pghba":[]}`, "pgHBA: given twice"],
  [`{"maxStandbys":"20"}`, `maxStandbys: expected an integer, found "20"`],
  [`{"pgParameters":{"max_connections":100}}`, `pgParameters.max_connections: expected a string, found 100`],
  [`{"sleepInterval":5}`, `sleepInterval: expected a string, found 5`],
  [`{"newConfig":[]}`, `newConfig: expected an object, found a list`],
  [`[]`, "expected an object with options"],
  [`{`, "not JSON"],
];

for (const [text, message] of REFUSED) {
  Deno.test(`parseSpec refuses ${text}`, () => {
    assertThrows(() => parseSpec(text), SpecError, message);
  });
}

Deno.test("parseSpec: an option that resembles nothing gets no suggestion", () => {
  const error = assertThrows(() => parseSpec(`{"xyzzy":1}`), SpecError);
  assertFalse(error.message.includes("did you mean"));
  assertEquals(nearestName("rolle", ["role", "pgHBA"]), "role");
});

Deno.test("patchSpec: objects merge, lists replace, null removes", () => {
  const spec = parseSpec(
    `{"initMode":"new","pgParameters":{"a":"1","b":"2"},"pgHBA":["x"],"sleepInterval":"1s"}`,
  );
  const patched = patchSpec(
    spec,
    `{"PGPARAMETERS":{"a":null,"c":"3"},"pgHBA":["y","z"],"sleepInterval":null}`,
  );
  assertEquals(patched, { initMode: "new", pgParameters: { b: "2", c: "3" }, pgHBA: ["y", "z"] });
  assertThrows(() => patchSpec(spec, `{"pgParameter":{}}`), SpecError, `did you mean "pgParameters"`);
});

Deno.test("encodeSpecText: what the user wrote, and with defaults", () => {
  const spec = parseSpec(
    `{"initMode":"new","pgParameters":{"b":"2","a":"1"},"failInterval":"1m","pgHBA":null}`,
  );
  assertEquals(
    encodeSpecText(spec, "\t"),
    `{\n\t"initMode": "new",\n\t"failInterval": "1m",\n\t"pgParameters": {\n\t\t"a": "1",\n\t\t"b": "2"\n\t},\n\t"pgHBA": null\n}`,
  );
  const defaults = JSON.parse(encodeSpecText(withDefaults(spec)));
  assertEquals(defaults.failInterval, "1m");
  assertEquals(defaults.proxyTimeout, "15s");
  assertEquals(defaults.maxStandbyLag, 1232896);
  assertEquals(defaults.role, "master");
  assertFalse(Object.hasOwn(defaults, "pgHBA"));
});

Deno.test("resolveSpec: defaults as documented", () => {
  const resolved = resolveSpec({ initMode: "new", maxStandbys: null, requestTimeout: "1500ms" });
  assertEquals(resolved.maxStandbys, 20);
  assertEquals(resolved.requestTimeoutMs, 1500);
  assertEquals(resolved.initTimeoutMs, 300_000);
  assertEquals(resolved.syncTimeoutMs, 0);
  assertEquals(resolved.dbWaitReadyTimeoutMs, 60_000);
  assertEquals(resolved.deadKeeperRemovalIntervalMs, 172_800_000);
  assertEquals(resolved.maxStandbyLagBytes, 1232896n);
  assertEquals(resolved.pgHBA, null);
  assert(resolved.mergePgParameters);
});

Deno.test("resolveSpec: without a mode nothing may be initialised", () => {
  assertThrows(() => resolveSpec({}), SpecError, "initMode");
  assertThrows(() => resolveSpec({ initMode: "new", sleepInterval: "5" }), SpecError, "sleepInterval");
});
