import { assert, assertEquals, assertMatch } from "@std/assert";
import { startEtcd } from "../../tests/servers/etcd.ts";
import { serverTest } from "../../tests/servers/server_process.ts";
import { PATIENCE_MS, waitFor } from "../../tests/servers/wait_for.ts";
import { contractOptions, openOwned } from "../../tests/store/contract/mod.ts";

const PREFIX = "stolon/cluster/contract/sentinel-leader/";
const EXPIRY_MS = 20_000 + PATIENCE_MS;

/** A lease made by `etcdctl`: its id in hexadecimal digits. */
function leaseId(granted: string): string {
  return /lease ([0-9a-f]+) granted/.exec(granted)?.[1] ?? "";
}

serverTest(
  "etcdv3: the candidate's key is named after its lease, holds its id and goes with the lease",
  async () => {
    await using server = await startEtcd();
    await using owned = await openOwned(contractOptions("etcdv3", [server.endpoint]));
    const election = owned.store.campaign("ours");
    await waitFor("our candidate to lead", () => election.current());
    const [key = "", value] = (await server.ctl("get", PREFIX, "--prefix")).trim().split("\n");
    assertEquals(value, "ours");
    assertMatch(key, /sentinel-leader\/[1-9a-f][0-9a-f]*$/);
    const id = key.slice(PREFIX.length);
    assert((await server.ctl("lease", "timetolive", id)).includes("granted with TTL(20s)"));
    await election.close();
    assertEquals(await server.ctl("get", PREFIX, "--prefix"), "");
  },
);

serverTest("etcdv3: a foreign candidate that came first leads until its key is deleted", async () => {
  await using server = await startEtcd();
  await using owned = await openOwned(contractOptions("etcdv3", [server.endpoint]));
  const lease = leaseId(await server.ctl("lease", "grant", "600"));
  await server.ctl("put", PREFIX + lease, "theirs", `--lease=${lease}`);
  const election = owned.store.campaign("ours");
  await waitFor(
    "our candidate to stand",
    async () => (await owned.store.list("sentinel-leader/")).length === 2,
  );
  assertEquals(await owned.store.leader(), "theirs");
  assertEquals(election.current(), undefined);
  await server.ctl("del", PREFIX + lease);
  await waitFor("our candidate to lead", () => election.current());
  assertEquals(await owned.store.leader(), "ours");
  await election.close();
});

serverTest("etcdv3: a foreign candidate's lease runs out and ours leads", async () => {
  await using server = await startEtcd();
  await using owned = await openOwned(contractOptions("etcdv3", [server.endpoint]));
  const lease = leaseId(await server.ctl("lease", "grant", "5"));
  await server.ctl("put", PREFIX + lease, "theirs", `--lease=${lease}`);
  const election = owned.store.campaign("ours");
  assertEquals(await owned.store.leader(), "theirs");
  await waitFor("our candidate to lead", () => election.current(), EXPIRY_MS);
  await election.close();
});

serverTest("etcdv3: etcd's own client waits for our leader and follows it, and ours for it", async () => {
  await using server = await startEtcd();
  await using owned = await openOwned(contractOptions("etcdv3", [server.endpoint]));
  const election = owned.store.campaign("ours");
  const term = await waitFor("our candidate to lead", () => election.current());
  await using foreign = server.campaign(PREFIX.slice(0, -1), "theirs");
  await waitFor("both to stand", async () => (await owned.store.list("sentinel-leader/")).length === 2);
  assert(term.holds());
  assertEquals(await owned.store.leader(), "ours");
  const again = owned.store.campaign("ours again");
  await election.close();
  await waitFor("the foreign candidate to lead", async () => await owned.store.leader() === "theirs");
  await waitFor("three to have stood", async () => (await owned.store.list("sentinel-leader/")).length === 2);
  assertEquals(again.current(), undefined);
  await foreign.stop("SIGTERM");
  await waitFor("our second candidate to lead", () => again.current(), 60_000 + PATIENCE_MS);
  await again.close();
});

serverTest("etcdv3: a leader whose lease is revoked learns it and stands again", async () => {
  await using server = await startEtcd();
  await using owned = await openOwned(contractOptions("etcdv3", [server.endpoint]));
  const election = owned.store.campaign("ours");
  const term = await waitFor("our candidate to lead", () => election.current());
  const [key = ""] = (await server.ctl("get", PREFIX, "--prefix", "--keys-only")).trim().split("\n");
  await server.ctl("lease", "revoke", key.slice(PREFIX.length));
  await waitFor("the leader to know", () => term.ended.aborted);
  await waitFor("a new term", () => election.current() !== undefined);
  await election.close();
});
