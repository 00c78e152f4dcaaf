import { assert, assertEquals } from "@std/assert";
import { consulMissing, startConsul } from "../../tests/servers/consul.ts";
import { serverTest } from "../../tests/servers/server_process.ts";
import { waitFor } from "../../tests/servers/wait_for.ts";
import { contractOptions, openOwned } from "../../tests/store/contract/mod.ts";

const ROOT = "stolon/cluster/contract/";
const LEADER = `${ROOT}sentinel-leader`;
const FLAGS = '"Flags":3304740253564472344';

const missing = await consulMissing();

/** Plays the other side by hand. */
class Raw {
  constructor(readonly endpoint: string) {}

  async ask(method: "GET" | "PUT", path: string, body?: string): Promise<string> {
    const response = await fetch(`${this.endpoint}/v1/${path}`, {
      method,
      ...(body === undefined ? {} : { body }),
    });
    return (await response.text()).replaceAll(/\s/g, "");
  }

  async session(): Promise<string> {
    const made: { ID: string } = JSON.parse(
      await this.ask("PUT", "session/create", '{"TTL":"60s","LockDelay":"1ms"}'),
    );
    return made.ID;
  }
}

function consulTest(name: string, run: () => Promise<void>): void {
  if (missing === undefined) serverTest(`consul: ${name}`, run);
  else Deno.test.ignore(`consul: ${name}: skipped: ${missing}`, () => {});
}

consulTest("every key carries the flags that Go components ask for", async () => {
  await using server = await startConsul();
  await using owned = await openOwned({
    ...contractOptions("consul", [server.endpoint]),
    prefix: "/stolon/cluster/",
  });
  const raw = new Raw(server.endpoint);
  await owned.store.put("clusterdata", "1");
  await owned.store.compareAndSwap("swapped", "1", undefined);
  await owned.store.put("keepers/info/a", "1", { ttlMs: 20_000 });
  const election = owned.store.campaign("one");
  await waitFor("the candidate to lead", () => election.current());
  for (const key of ["clusterdata", "swapped", "keepers/info/a", "sentinel-leader"]) {
    const text = await raw.ask("GET", `kv/${ROOT}${key}`);
    assert(text.includes(FLAGS), `${key}: ${text}`);
  }
  await election.close();
});

consulTest(
  "an expiring key has a session of its own that deletes it, with half of its time to live",
  async () => {
    await using server = await startConsul();
    await using owned = await openOwned(contractOptions("consul", [server.endpoint]));
    const raw = new Raw(server.endpoint);
    for (const value of ["1", "2", "2"]) await owned.store.put("keepers/info/a", value, { ttlMs: 30_000 });
    const sessions: Record<string, unknown>[] = JSON.parse(await raw.ask("GET", "session/list"));
    assertEquals(sessions.map(({ TTL, Behavior, LockDelay }) => [TTL, Behavior, LockDelay]), [[
      "15s",
      "delete",
      1e6,
    ]]);
    await raw.ask("PUT", `session/destroy/${sessions[0]?.ID}`);
    assertEquals(await owned.store.get("keepers/info/a"), undefined);
    await owned.store.put("keepers/info/a", "3", { ttlMs: 30_000 });
    assertEquals((await owned.store.get("keepers/info/a"))?.value, "3");
  },
);

consulTest("a key that gets another time to live is there all the time", async () => {
  await using server = await startConsul();
  await using owned = await openOwned(contractOptions("consul", [server.endpoint]));
  const raw = new Raw(server.endpoint);
  const key = async () => {
    const [found]: { CreateIndex: number; Session: string }[] = JSON.parse(
      await raw.ask("GET", `kv/${ROOT}keepers/info/a`),
    );
    return found;
  };
  const sessions = async () => {
    const all: { ID: string; TTL: string }[] = JSON.parse(await raw.ask("GET", "session/list"));
    return all.map(({ ID, TTL }) => ({ ID, TTL }));
  };
  await owned.store.put("keepers/info/a", "1", { ttlMs: 30_000 });
  const before = await key();
  const revision = await owned.store.put("keepers/info/a", "2", { ttlMs: 60_000 });
  const after = await key();
  // A key that was deleted and made again has another one.
  assertEquals(after?.CreateIndex, before?.CreateIndex);
  assertEquals(await owned.store.get("keepers/info/a"), { key: "keepers/info/a", value: "2", revision });
  assertEquals(await sessions(), [{ ID: after?.Session ?? "", TTL: "30s" }]);
  // Without the session there is nothing to hand over: the key is made anew.
  await raw.ask("PUT", `session/destroy/${after?.Session}`);
  await owned.store.put("keepers/info/a", "3", { ttlMs: 30_000 });
  assertEquals((await owned.store.get("keepers/info/a"))?.value, "3");
  assertEquals(await sessions(), [{ ID: (await key())?.Session ?? "", TTL: "15s" }]);
});

consulTest("a key that a former life's session still holds is taken over", async () => {
  await using server = await startConsul();
  await using owned = await openOwned(contractOptions("consul", [server.endpoint]));
  const raw = new Raw(server.endpoint);
  await raw.ask("PUT", `kv/${ROOT}keepers/info/a?acquire=${await raw.session()}`, "former");
  await owned.store.put("keepers/info/a", "new", { ttlMs: 20_000 });
  assertEquals((await owned.store.get("keepers/info/a"))?.value, "new");
});

consulTest("the leader's key stays behind without a session, and then nobody leads", async () => {
  await using server = await startConsul();
  await using owned = await openOwned(contractOptions("consul", [server.endpoint]));
  const raw = new Raw(server.endpoint);
  const election = owned.store.campaign("ours");
  await waitFor("the candidate to lead", () => election.current());
  const sessions: Record<string, unknown>[] = JSON.parse(await raw.ask("GET", "session/list"));
  assertEquals(sessions.map(({ TTL, Behavior, LockDelay }) => [TTL, Behavior, LockDelay]), [[
    "10s",
    "release",
    1e6,
  ]]);
  await election.close();
  assertEquals(await raw.ask("GET", `kv/${LEADER}?raw`), "ours");
  assertEquals(await owned.store.leader(), undefined);
});

consulTest("a foreign leader is followed, and ours leads when it lets go", async () => {
  await using server = await startConsul();
  await using owned = await openOwned(contractOptions("consul", [server.endpoint]));
  const raw = new Raw(server.endpoint);
  const foreign = await raw.session();
  assertEquals(await raw.ask("PUT", `kv/${LEADER}?acquire=${foreign}`, "theirs"), "true");
  const election = owned.store.campaign("ours");
  assertEquals(await owned.store.leader(), "theirs");
  await waitFor("our session", async () => JSON.parse(await raw.ask("GET", "session/list")).length === 2);
  assertEquals(election.current(), undefined);
  await raw.ask("PUT", `session/destroy/${foreign}`);
  const term = await waitFor("our candidate to lead", () => election.current());
  assertEquals(await owned.store.leader(), "ours");
  const [own]: { ID: string }[] = JSON.parse(await raw.ask("GET", "session/list"));
  await raw.ask("PUT", `session/destroy/${own?.ID}`);
  await waitFor("the leader to know", () => term.ended.aborted);
  await waitFor("a new term", () => election.current());
  await election.close();
});
