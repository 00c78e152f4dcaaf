import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { REQUEST_TIMEOUT_MS, TestInstance } from "../../tests/postgres_instance.ts";
import { postgresTests } from "../../tests/postgres_user.ts";
import { probe } from "./probe.ts";

const test = postgresTests(import.meta.url);

test("lines of pg_hba.conf: a refused one, one that matches nobody now, and no password among them", async () => {
  await using primary = await TestInstance.primary();
  const file = `${primary.instance.dataDirectory}/pg_hba.conf`;
  const good = await Deno.readTextFile(file);
  const look = async () => await probe(primary.instance, { timeoutMs: REQUEST_TIMEOUT_MS });
  assertEquals((await look()).refusedHbaLines, []);

  const wrongMethod = "host all all 10.0.0.0/8 sha256";
  const wrongLdap = "host all all 10.1.0.0/16 ldap ldapbindpasswd=hush";
  const hostssl = "hostssl all all 10.2.0.0/16 md5";
  await Deno.writeTextFile(file, `${good}${wrongMethod}\n${wrongLdap}\n${hostssl}\n`);
  const state = await look();
  assertEquals(state.refusedHbaLines, [wrongMethod, wrongLdap]);
  const problems = state.configurationProblems;
  assertEquals(problems.length, 3, problems.join("\n"));
  assertMatch(problems[0] ?? "", /pg_hba\.conf line \d+: .*"sha256"/);
  assertStringIncludes(problems[0] ?? "", wrongMethod);
  assert(!problems.join().includes("hush"), problems.join("\n"));

  // The server bears the last one alone: it is restarted with it.
  await Deno.writeTextFile(file, `${good}${hostssl}\n`);
  await primary.stop();
  await primary.start();
  assertEquals((await look()).refusedHbaLines, []);
});
