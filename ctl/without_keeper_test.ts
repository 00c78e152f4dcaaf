import { assertEquals } from "@std/assert";
import { clusterData, db, keeper } from "./test_data.ts";
import { withoutKeeper } from "./without_keeper.ts";

const DATA = clusterData({
  keepers: [keeper("k1"), keeper("k2"), keeper("k3")],
  dbs: [db("d1", { keeper: "k1" }), db("d2", { keeper: "k2", follows: "d1" })],
});

Deno.test("a keeper goes with its db", () => {
  const changed = withoutKeeper(DATA, "k2");
  assertEquals(Object.keys(changed?.keepers ?? {}), ["k1", "k3"]);
  assertEquals(Object.keys(changed?.dbs ?? {}), ["d1"]);
});

Deno.test("a keeper without a db goes alone", () => {
  const changed = withoutKeeper(DATA, "k3");
  assertEquals(Object.keys(changed?.keepers ?? {}), ["k1", "k2"]);
  assertEquals(changed?.dbs, DATA.dbs);
});

Deno.test("the master's keeper stays", () => assertEquals(withoutKeeper(DATA, "k1"), undefined));
