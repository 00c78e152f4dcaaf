import { assertEquals, assertStringIncludes } from "@std/assert";
import { initWarning } from "./init_warning.ts";
import { clusterData, db, keeper } from "./test_data.ts";

Deno.test("what goes is named: cluster, keepers, dbs and addresses", () => {
  const data = clusterData({
    keepers: [keeper("k1"), keeper("k2", { healthy: false }), keeper("k3")],
    dbs: [
      db("d1", { keeper: "k1" }),
      db("d2", { keeper: "k2", follows: "d1", status: { listenAddress: "" } }),
    ],
  });
  const lines = initWarning({ initMode: "new" }, { clusterName: "main", present: { data } });
  assertEquals(lines.slice(0, 4), [
    'WARNING: the cluster data of "main" (cluster uid c1, phase normal) will be removed, with',
    '  keeper "k1" (healthy), master db "d1" at 10.0.0.1:5432',
    '  keeper "k2" (not healthy), standby db "d2"',
    '  keeper "k3" (healthy), no db',
  ]);
});

Deno.test("the consequence depends on the init mode", () => {
  const present = { data: null };
  const last = (spec: Parameters<typeof initWarning>[0]) =>
    initWarning(spec, { clusterName: "main", present }).at(-1) ?? "";
  assertStringIncludes(last({ initMode: "new" }), "will be overwritten");
  assertStringIncludes(
    last({ initMode: "existing", existingConfig: { keeperUID: "k1" } }),
    'The data of keeper "k1" will be kept',
  );
  assertStringIncludes(
    last({ initMode: "pitr", pitrConfig: { dataRestoreCommand: "restore %d" } }),
    '"restore %d"',
  );
});

Deno.test("a document that cannot be read does not hinder", () => {
  const present = { unreadable: "format version 2" };
  assertStringIncludes(
    initWarning({ initMode: "new" }, { clusterName: "main", present })[0] ?? "",
    "it cannot be read: format version 2",
  );
});
