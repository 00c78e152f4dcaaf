import { assertEquals } from "@std/assert";
import type { ClusterData } from "../cluster/clusterdata.ts";
import { type StatusFacts, statusReport } from "./status_report.ts";
import { statusText } from "./status_text.ts";
import { clusterData, db, keeper } from "./test_data.ts";

function facts(data: ClusterData | null, rest: Partial<StatusFacts> = {}): StatusFacts {
  return { data, sentinels: [], proxies: [], leader: undefined, ...rest };
}

function text(given: StatusFacts): string {
  return statusText(statusReport(given), { data: given.data, width: undefined });
}

const RUNNING = clusterData({
  keepers: [keeper("k2"), keeper("k1"), keeper("k3", { healthy: false }), keeper("k4")],
  dbs: [
    db("d1", { keeper: "k1", generation: 4 }),
    db("d2", { keeper: "k2", follows: "d1", status: { currentGeneration: 1, port: "5433" } }),
    db("d3", { keeper: "k3", follows: "d1", status: { healthy: false, listenAddress: "" } }),
  ],
});

Deno.test("nothing there yet", () => {
  assertEquals(
    text(facts(null)),
    `=== Active sentinels ===

No active sentinels

=== Active proxies ===

No active proxies

=== Keepers ===

No keepers available

=== Cluster Info ===

No cluster available`,
  );
});

Deno.test("a running cluster as text", () => {
  const infos = {
    sentinels: [{ UID: "s2" }, { UID: "s1" }],
    proxies: [{ infoUID: "i", UID: "p1", Generation: 3, ProxyTimeout: 15_000_000_000n }],
    leader: "s1",
  };
  assertEquals(
    text(facts(RUNNING, infos)),
    `=== Active sentinels ===

ID  LEADER
s1  true
s2  false

=== Active proxies ===

ID
p1

=== Keepers ===

UID  HEALTHY  PG LISTENADDRESS  PG HEALTHY  PG WANTEDGENERATION  PG CURRENTGENERATION
k1   true     10.0.0.1:5432     true        4                    4
k2   true     10.0.0.1:5433     true        2                    1
k3   false    (unknown)         false       2                    2
k4   true     (no db assigned)  false       0                    0

=== Cluster Info ===

Master Keeper: k1

===== Keepers/DB tree =====

k1 (master)
\u251c\u2500k2
\u2514\u2500k3`,
  );
});

Deno.test("a running cluster as JSON", () => {
  const report = statusReport(facts(RUNNING, { sentinels: [{ UID: "s1" }], leader: "gone" }));
  assertEquals(report.sentinels, [{ uid: "s1", leader: false }]);
  assertEquals(report.keepers[1], {
    uid: "k2",
    listen_address: "10.0.0.1:5433",
    healthy: true,
    pg_healthy: true,
    pg_wanted_generation: 2,
    pg_current_generation: 1,
  });
  assertEquals(report.cluster, { available: true, master_keeper_uid: "k1", master_db_uid: "d1" });
});

Deno.test("the tree shows cascades, former masters and rings without end", () => {
  const tree = (data: ClusterData) => text(facts(data)).split("tree =====\n\n")[1]?.split("\n");
  const cascade = [db("d1", { keeper: "k1" }), db("d2", { keeper: "k2", follows: "d1" })];
  assertEquals(tree(clusterData({ dbs: [...cascade, db("d3", { keeper: "k3", follows: "d2" })] })), [
    "k1 (master)",
    "\u2514\u2500k2",
    "  \u2514\u2500k3",
  ]);
  assertEquals(tree(clusterData({ dbs: [...cascade, db("d0", { keeper: "k0" })] })), [
    "k1 (master)",
    "\u2514\u2500k2",
    "k0",
  ]);
  const ring = [db("d2", { keeper: "k2", follows: "d3" }), db("d3", { keeper: "k3", follows: "d2" })];
  assertEquals(tree(clusterData({ dbs: [db("d1", { keeper: "k1" }), ...ring] })), ["k1 (master)"]);
});

Deno.test("a cluster that is being initialised has no master yet", () => {
  const given = facts(clusterData({ keepers: [keeper("k1")] }));
  assertEquals(statusReport(given).cluster, { available: true, master_keeper_uid: "", master_db_uid: "" });
  assertEquals(
    text(given).split("Info ===\n\n")[1],
    "No active master\n\n===== Keepers/DB tree =====\n\n(no db assigned)",
  );
});
