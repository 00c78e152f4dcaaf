/** A store is reached by its host name too, under permissions that the launcher narrowed to it. */
import { assertEquals } from "@std/assert";
import { consulMissing, startConsul } from "../servers/consul.ts";
import { startEtcd } from "../servers/etcd.ts";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const CONSUL_MISSING = await consulMissing();

async function initialise(backend: string, endpoint: string): Promise<void> {
  const { code, stderr } = await new Deno.Command("sh", {
    args: [
      `${ROOT}/scripts/role`,
      Deno.execPath(),
      "ctl",
      "--cluster-name=named",
      `--store-backend=${backend}`,
    ]
      .concat(`--store-endpoints=${endpoint}`, "init", "-y"),
    env: { INIT_CWD: "" },
  }).output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""], endpoint);
}

/** The server's address under every name that this machine has for itself. */
function spellings(endpoint: string): string[] {
  const port = new URL(endpoint).port;
  return [`http://127.0.0.1:${port}`, `http://localhost:${port}`, `localhost:${port}`];
}

Deno.test("etcd by name", async () => {
  await using etcd = await startEtcd();
  for (const endpoint of spellings(etcd.endpoint)) await initialise("etcdv3", endpoint);
});

Deno.test({
  name: `Consul by name${CONSUL_MISSING === undefined ? "" : ` (skipped: ${CONSUL_MISSING})`}`,
  ignore: CONSUL_MISSING !== undefined,
  fn: async () => {
    await using consul = await startConsul();
    for (const endpoint of spellings(consul.endpoint)) await initialise("consul", endpoint);
  },
});
