import { assertEquals } from "@std/assert";
import { registerPlan, wantedServices } from "./register_plan.ts";
import { clusterData, db } from "./test_data.ts";

const DATA = clusterData({
  dbs: [
    db("d1", { keeper: "k1" }),
    db("d2", { keeper: "k2", follows: "d1", status: { port: "5433" } }),
    db("d3", { keeper: "k3", follows: "d1", status: { healthy: false } }),
    db("d4", { keeper: "k4", follows: "d1", status: { listenAddress: "" } }),
  ],
});
const RULES = { withMaster: true, masterTag: "rw", standbyTag: "ro" };
const MASTER = { id: "d1", address: "10.0.0.1", port: 5432, tags: ["rw"] };
const STANDBY = { id: "d2", address: "10.0.0.1", port: 5433, tags: ["ro"] };

Deno.test("healthy dbs with an address are wanted, the master only when asked for", () => {
  assertEquals(wantedServices(DATA, RULES), [MASTER, STANDBY]);
  assertEquals(wantedServices(DATA, { ...RULES, withMaster: false }), [STANDBY]);
});

Deno.test("only what differs is changed, and what should not be there goes first", () => {
  assertEquals(registerPlan([MASTER, STANDBY], [STANDBY, MASTER]), { remove: [], add: [] });
  const former = { ...STANDBY, tags: ["rw"] };
  assertEquals(registerPlan([STANDBY], [former, { ...MASTER, id: "d9" }]), {
    remove: ["d9"],
    add: [STANDBY],
  });
});
