import { assertEquals, assertNotEquals } from "@std/assert";
import { type ClusterData, type Db, ZERO_TIME } from "../cluster/clusterdata.ts";
import { newClusterData } from "../cluster/new_cluster_data.ts";
import { resolveSpec } from "../cluster/spec_defaults.ts";
import { assignmentKey } from "./assignment_key.ts";
import { type Assignment, readAssignment } from "./assignment.ts";

const EMPTY = newClusterData({ initMode: "new" }, { clusterUid: "c", now: ZERO_TIME });

function keeper(uid: string, bootUUID: string): ClusterData["keepers"][string] {
  const status = {
    healthy: true,
    lastHealthyTime: ZERO_TIME,
    bootUUID,
    postgresBinaryVersion: { Maj: 15, Min: 1 },
    forceFail: false,
    canBeMaster: undefined,
    canBeSynchronousReplica: undefined,
  };
  return { uid, generation: 1, changeTime: ZERO_TIME, status };
}

function db(
  uid: string,
  changes: { readonly spec?: Partial<Db["spec"]>; readonly status?: Partial<Db["status"]> },
): Db {
  const spec: Db["spec"] = {
    keeperUID: uid.replace("db", "k"),
    requestTimeout: "10s",
    maxStandbys: 20,
    synchronousReplication: false,
    usePgrewind: false,
    additionalWalSenders: 5,
    additionalReplicationSlots: null,
    initMode: "none",
    newConfig: null,
    pitrConfig: null,
    pgParameters: {},
    pgHBA: null,
    role: "master",
    followConfig: null,
    followers: [],
    includePreviousConfig: false,
    synchronousStandbys: null,
    externalSynchronousStandbys: null,
    ...changes.spec,
  };
  const status: Db["status"] = {
    healthy: true,
    currentGeneration: 1,
    listenAddress: `${uid}.example`,
    port: "5432",
    systemdID: "",
    timelineID: 1,
    xLogPos: 0n,
    timelinesHistory: [],
    pgParameters: {},
    synchronousStandbys: [],
    olderWalFile: "",
    ...changes.status,
  };
  return { uid, generation: 1, changeTime: ZERO_TIME, spec, status };
}

const TWO: ClusterData = {
  ...EMPTY,
  keepers: { k1: keeper("k1", "boot"), k2: keeper("k2", "other") },
  dbs: {
    db1: db("db1", { status: { currentGeneration: 0 } }),
    db2: db("db2", { spec: { role: "standby", followConfig: { type: "internal", dbuid: "db1" } } }),
  },
};

function read(data: ClusterData | null, keeperUid = "k1", bootUuid = "boot"): Assignment {
  const spec = data?.cluster === null || data === null ? null : resolveSpec(data.cluster.spec);
  return readAssignment({ data, spec, keeperUid, bootUuid, isNewcomer: false });
}

Deno.test("assignment: a cluster that is new to the keeper and has no db for it yet touches nothing", () => {
  const { cluster } = TWO;
  if (cluster === null) throw new Error("no cluster");
  const data = { ...TWO, dbs: {} };
  const question = { data, spec: resolveSpec(cluster.spec), keeperUid: "k1", bootUuid: "boot" };
  assertEquals(readAssignment({ ...question, isNewcomer: true }).kind, "wait");
  assertEquals(readAssignment({ ...question, isNewcomer: false }).kind, "stop");
});

Deno.test("assignment: nothing to go by means touching nothing", () => {
  assertEquals(read(null).kind, "wait");
  assertEquals(read({ ...EMPTY, cluster: null }).kind, "wait");
  assertEquals(read(EMPTY).kind, "wait");
});

Deno.test("assignment: a start that the sentinel has not seen, or no db, means stopping", () => {
  assertEquals(read(TWO, "k2", "boot").kind, "stop");
  assertEquals(read({ ...TWO, dbs: {} }).kind, "stop");
});

Deno.test("assignment: the followed db's address and the peers come from the view", () => {
  const assignment = read(TWO, "k2", "other");
  if (assignment.kind !== "converge") throw new Error(assignment.kind);
  const { source, peers } = assignment.goal;
  assertEquals(source, {
    kind: "internal",
    dbUid: "db1",
    host: "db1.example",
    port: "5432",
    isPrimary: true,
  });
  assertEquals(peers, [
    { dbUid: "db1", address: "db1.example", isMaster: true, healthy: true, converged: false },
  ]);
});

Deno.test("assignment: a followed db that is not in the view has no address", () => {
  const { db1: _gone, ...dbs } = TWO.dbs;
  const assignment = read({ ...TWO, dbs }, "k2", "other");
  if (assignment.kind !== "converge") throw new Error(assignment.kind);
  assertEquals(assignment.goal.source, {
    kind: "internal",
    dbUid: "db1",
    host: "",
    port: "",
    isPrimary: false,
  });
});

Deno.test("assignment key: another source is another assignment only while it is copied from", () => {
  const following = (initMode: "none" | "resync", address: string) =>
    assignmentKey(read(
      {
        ...TWO,
        dbs: {
          db1: db("db1", { status: { listenAddress: address } }),
          db2: db("db2", {
            spec: { initMode, role: "standby", followConfig: { type: "internal", dbuid: "db1" } },
          }),
        },
      },
      "k2",
      "other",
    ));
  assertEquals(following("none", "a"), following("none", "b"));
  assertNotEquals(following("resync", "a"), following("resync", "b"));
});
