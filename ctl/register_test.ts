/** `stolonctl register` against a real Consul. */
import { assertEquals } from "@std/assert";
import { consulMissing, type ConsulServer, startConsul } from "../tests/servers/consul.ts";
import { waitFor } from "../tests/servers/wait_for.ts";
import { clusterData, db } from "./test_data.ts";
import { Operator } from "./test_operator.ts";

const MISSING = await consulMissing();

async function services(consul: ConsulServer): Promise<string[]> {
  const response = await fetch(`${consul.endpoint}/v1/agent/services`);
  const found: Record<
    string,
    { ID: string; Service: string; Address: string; Port: number; Tags: string[] }
  > = await response.json();
  return Object.values(found).map(({ ID, Service, Address, Port, Tags }) =>
    `${Service}/${ID} ${Address}:${Port} ${Tags}`
  )
    .sort();
}

async function until(consul: ConsulServer, expected: readonly string[]): Promise<void> {
  let last: string[] = [];
  await waitFor("services to be as expected", async () => {
    last = await services(consul);
    return JSON.stringify(last) === JSON.stringify(expected);
  }).catch((error) => {
    assertEquals(last, expected);
    throw error;
  });
}

Deno.test({
  name: `register keeps Consul's catalogue in step${MISSING === undefined ? "" : ` (skipped: ${MISSING})`}`,
  ignore: MISSING !== undefined,
  fn: async () => {
    await using consul = await startConsul();
    await using operator = await Operator.create();
    const foreign = { ID: "x", Name: "other", Address: "10.9.9.9", Port: 1 };
    const put = { method: "PUT", body: JSON.stringify(foreign) };
    assertEquals(await (await fetch(`${consul.endpoint}/v1/agent/service/register`, put)).text(), "");
    const [d1, d2] = [
      db("d1", { keeper: "k1" }),
      db("d2", { keeper: "k2", follows: "d1", status: { port: "5433" } }),
    ];
    await operator.write(clusterData({ dbs: [d1, d2] }));
    const args = ["--register-endpoints", consul.endpoint, "--register-master", "--sleep-interval", "1"];
    const child = operator.start(["register", ...args]);
    try {
      const other = "other/x 10.9.9.9:1 ";
      await until(consul, ["main/d1 10.0.0.1:5432 master", "main/d2 10.0.0.1:5433 slave", other]);
      const checks = await (await fetch(`${consul.endpoint}/v1/agent/checks`)).json();
      assertEquals(Object.keys(checks).sort(), ["service:d1", "service:d2"]);
      await operator.write(clusterData({ dbs: [{ ...d2, spec: { ...d1.spec, keeperUID: "k2" } }] }));
      await until(consul, ["main/d2 10.0.0.1:5433 master", other]);
      // Taken away by hand: it is compared, not remembered.
      await (await fetch(`${consul.endpoint}/v1/agent/service/deregister/d2`, { method: "PUT" })).text();
      await until(consul, ["main/d2 10.0.0.1:5433 master", other]);
    } finally {
      child.kill("SIGTERM");
    }
    assertEquals((await child.output()).code, 0);
  },
});
