import { assert, assertEquals, assertRejects } from "@std/assert";
import { consulMissing, startConsul } from "../../tests/servers/consul.ts";
import { serverTest } from "../../tests/servers/server_process.ts";
import { waitFor } from "../../tests/servers/wait_for.ts";
import { contractOptions } from "../../tests/store/contract/mod.ts";
import { StoreDeniedError } from "../errors.ts";
import { openStore } from "../open.ts";
import { testTls } from "../../tests/store/security/mod.ts";

const MASTER = "11111111-2222-3333-4444-555555555555";

const missing = await consulMissing();

if (missing === undefined) {
  testTls({ name: "consul", start: (options) => startConsul(options) });
  serverTest("consul: a token does what its policy allows, and a wrong one or none is refused", testTokens);
} else {
  Deno.test.ignore(`consul: TLS and tokens are skipped: ${missing}`, () => {});
}

async function testTokens(): Promise<void> {
  await using server = await startConsul({ masterToken: MASTER });
  await using scope = new AsyncDisposableStack();
  const options = contractOptions("consul", [server.endpoint]);
  const open = async (token?: string, clusterName = "contract") => {
    const store = await openStore({ ...options, clusterName, ...(token === undefined ? {} : { token }) });
    scope.defer(() => store.close());
    return store;
  };
  const rules =
    `key_prefix "stolon/cluster/contract/" { policy = "write" } session_prefix "" { policy = "write" }`;
  await acl(server.endpoint, "policy", { Name: "stolon", Rules: rules });
  const token = await acl(server.endpoint, "token", { Policies: [{ Name: "stolon" }] });

  const store = await open(String(token.SecretID));
  await store.put("keepers/info/a", "1", { ttlMs: 20_000 });
  assertEquals((await store.list("keepers/info/")).length, 1);
  const election = store.campaign("one");
  const leadership = await waitFor("the holder of the token to lead", () => election.current());
  await store.compareAndSwap("clusterdata", "1", undefined, { leadership });

  const others = {
    "an unknown token": await open("99999999-2222-3333-4444-555555555555"),
    "no token": await open(),
    "another cluster": await open(String(token.SecretID), "other"),
  };
  for (const [name, other] of Object.entries(others)) {
    const error = await assertRejects(() => other.get("clusterdata"), StoreDeniedError, undefined, name);
    assert(error.message.includes(server.endpoint) && !error.message.includes(MASTER), error.message);
    await assertRejects(() => other.list("keepers/info/"), StoreDeniedError, undefined, name);
    await assertRejects(() => other.put("clusterdata", "2"), StoreDeniedError, undefined, name);
    await assertRejects(
      () => other.compareAndSwap("clusterdata", "2", undefined),
      StoreDeniedError,
      undefined,
      name,
    );
    await assertRejects(() => other.put("k", "2", { ttlMs: 20_000 }), StoreDeniedError, undefined, name);
  }
  assertEquals((await store.get("clusterdata"))?.value, "1");
}

async function acl(
  endpoint: string,
  kind: "policy" | "token",
  body: unknown,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${endpoint}/v1/acl/${kind}`, {
    method: "PUT",
    headers: { "X-Consul-Token": MASTER },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`consul acl ${kind}: ${response.status} ${await response.text()}`);
  return await response.json();
}
