import { assert, assertEquals, assertRejects } from "@std/assert";
import { sleep } from "../../common/clock.ts";
import { startEtcd } from "../../tests/servers/etcd.ts";
import { serverTest } from "../../tests/servers/server_process.ts";
import { waitFor } from "../../tests/servers/wait_for.ts";
import { contractOptions } from "../../tests/store/contract/mod.ts";
import { StoreDeniedError, StoreUnreachableError } from "../errors.ts";
import { openStore } from "../open.ts";
import { testTls } from "../../tests/store/security/mod.ts";

/** The library gives a connection that is being made another second. */
const SETTLE_MS = 1200;

testTls({ name: "etcdv3", start: (options) => startEtcd(options), settleMs: SETTLE_MS });

serverTest("etcdv3: a user does what the role allows, and a wrong password or none is refused", async () => {
  await using server = await startEtcd();
  await using scope = new AsyncDisposableStack();
  scope.defer(() => sleep(SETTLE_MS));
  for (
    const command of [
      ["user", "add", "root:rootpw"],
      ["user", "grant-role", "root", "root"],
      ["user", "add", "stolon:secret"],
      ["role", "add", "stolon"],
      ["role", "grant-permission", "stolon", "--prefix=true", "readwrite", "stolon/cluster/contract/"],
      ["user", "grant-role", "stolon", "stolon"],
      ["auth", "enable"],
    ]
  ) await server.ctl(...command);
  const options = contractOptions("etcdv3", [server.endpoint]);
  const open = async (credentials?: { username: string; password: string }, clusterName = "contract") => {
    const store = await openStore({ ...options, clusterName, ...(credentials && { credentials }) });
    scope.defer(() => store.close());
    return store;
  };
  const user = { username: "stolon", password: "secret" };

  const store = await open(user);
  const revision = await store.put("keepers/info/a", "1", { ttlMs: 20_000 });
  assertEquals((await store.get("keepers/info/a"))?.revision, revision);
  const ended = new AbortController();
  let hints = 0;
  const watching = (async () => {
    for await (const _ of store.watch("k", { signal: ended.signal })) hints++;
  })();
  await waitFor("a hint", () => hints > 0);
  const election = store.campaign("one");
  await waitFor("the user to lead", () => election.current());

  const others = {
    "a wrong password": await open({ ...user, password: "wrong" }),
    "an unknown user": await open({ username: "nobody", password: "secret" }),
    "no user": await open(),
    "another cluster": await open(user, "other"),
  };
  for (const [name, other] of Object.entries(others)) {
    const error = await assertRejects(() => other.get("clusterdata"), StoreDeniedError, undefined, name);
    assert(error.message.includes(server.endpoint) && !error.message.includes("secret"), error.message);
    await assertRejects(() => other.put("clusterdata", "1"), StoreDeniedError, undefined, name);
  }

  // Tokens do not outlive the server's process: a new one is asked for.
  await server.process.stop();
  await server.process.start();
  const before = hints;
  await waitFor("the store to serve again", async () => await store.put("k", "2"));
  await waitFor("the watch to be back", () => hints > before);
  await waitFor("the user to lead again", () => election.current());
  await store.put("keepers/info/a", "2", { ttlMs: 20_000 });
  ended.abort();
  await watching;
});

serverTest(
  "etcdv3: plain text to a server that wants TLS, and TLS to a plain one, end with a clear error",
  async () => {
    await using server = await startEtcd();
    const secure = server.endpoint.replace("http:", "https:");
    const store = await openStore({ ...contractOptions("etcdv3", [secure]), timeoutMs: 3000 });
    const error = await assertRejects(() => store.get("k"), StoreUnreachableError);
    assert(error.message.includes(secure), error.message);
    await store.close();
    await sleep(SETTLE_MS);
  },
);
