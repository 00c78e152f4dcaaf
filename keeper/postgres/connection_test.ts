import { assert, assertEquals, assertRejects } from "@std/assert";
import { eventually, freePort, REQUEST_TIMEOUT_MS, TestInstance } from "../../tests/postgres_instance.ts";
import { postgresTests } from "../../tests/postgres_user.ts";
import { Authority } from "../../tests/servers/certificates.ts";
import { openSession, PostgresError, quoteLiteral } from "./connection.ts";
import { readSource, sourceTarget } from "./source_server.ts";

const test = postgresTests(import.meta.url);
const limits = { timeoutMs: REQUEST_TIMEOUT_MS };

test("encrypted when the server can, also when it insists; else not", async () => {
  await using primary = await TestInstance.primary({ replPassword: "secret" });
  const target = sourceTarget(primary.instance, primary.address, "superuser");
  const encrypted = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
  {
    await using session = await openSession(target, limits);
    assertEquals(await session.value(encrypted), "f");
  }
  const directory = primary.instance.workDirectory;
  const authority = await Authority.create(directory, "authority");
  const { cert, key } = await authority.issue("server", "IP:192.0.2.1");
  await Deno.chmod(key, 0o600);
  const userParameters = {
    ...primary.configuration.userParameters,
    ssl: "on",
    ssl_cert_file: cert,
    ssl_key_file: key,
  };
  primary.configure({ userParameters });
  primary.process?.reload();
  await eventually(() => primary.value("show ssl"), (value) => value === "on");
  await using session = await openSession(target, limits);
  assertEquals(await session.value(encrypted), "t");
  const hba = `${primary.instance.dataDirectory}/pg_hba.conf`;
  await Deno.writeTextFile(hba, (await Deno.readTextFile(hba)).replaceAll(/^host /gm, "hostssl "));
  primary.process?.reload();
  const refused = () =>
    openSession({ ...target, tls: "disable" }, limits).then((open) => open[Symbol.asyncDispose]());
  await eventually(
    () => refused().then(() => "", (error) => String(error)),
    (text) => text.includes("no encryption"),
  );
  const source = await readSource(primary.instance, { address: primary.address, slot: "none", ...limits });
  assertEquals([source.timelineID, source.slotExists], [1, false]);
});

test("nobody there", async () => {
  await using made = await TestInstance.describe();
  const address = { host: "127.0.0.1", port: String(freePort()) };
  const asked = readSource(made.instance, { address, slot: "x", ...limits });
  const error = await assertRejects(() => asked, PostgresError, address.port);
  assertEquals(error.sqlState, undefined);
});

Deno.test("a server that accepts and says nothing is given up", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const target = { host: "127.0.0.1", port: listener.addr.port, user: "u", password: undefined };
  const asked = openSession({ ...target, tls: "disable" }, { timeoutMs: 100 });
  await assertRejects(() => asked, PostgresError, "no answer within 100 ms");
  (await accepted).close();
});

test("a session whose server goes away fails its next query, not the process", async () => {
  await using primary = await TestInstance.primary();
  await using session = await primary.session();
  await session.query("select 1");
  await primary.stop("immediate");
  await assertRejects(() => session.query("select 1"), PostgresError);
});

test("an error has PostgreSQL's code and words, and none of the values", async () => {
  await using primary = await TestInstance.primary();
  await using session = await primary.session();
  const asked = session.query("select $1::text from nowhere", ["hunter2"]);
  const error = await assertRejects(() => asked, PostgresError, "nowhere");
  assertEquals(error.sqlState, "42P01");
  assert(!error.message.includes("hunter2"));
});

test("literals hold anything", async () => {
  await using primary = await TestInstance.primary();
  const text = 'it\'s \\ "x" \n $1';
  assertEquals(await primary.value(`select ${quoteLiteral(text)}`), text);
});
