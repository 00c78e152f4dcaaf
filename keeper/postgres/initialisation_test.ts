/** New instances, roles and passwords, the start for the keeper alone, the restore of a backup. */
import { assert, assertEquals, assertFalse, assertMatch, assertRejects } from "@std/assert";
import { eventually, never, REQUEST_TIMEOUT_MS, TestInstance } from "../../tests/postgres_instance.ts";
import { postgresTests } from "../../tests/postgres_user.ts";
import { writeSetupConfiguration } from "./configuration_files.ts";
import { openSession, PostgresError, quoteLiteral, superuserTarget } from "./connection.ts";
import { readControlData } from "./controldata.ts";
import { directoryKind } from "./data_directory.ts";
import { initdb } from "./initdb.ts";
import { probe } from "./probe.ts";
import { targetedRecoveryParameters } from "./recovery_parameters.ts";
import { restoreBackup } from "./restore_backup.ts";
import { setUpRoles } from "./roles.ts";
import { sourceTarget } from "./source_server.ts";
import { CommandError } from "./tool.ts";
import { writeSignalFiles } from "./recovery_files.ts";

const test = postgresTests(import.meta.url);
const limits = { timeoutMs: REQUEST_TIMEOUT_MS };
const PASSWORD = '  it\'s a \\ "pass:word" %s $HOME \u00fc';

test("locale, encoding, checksums", async () => {
  await using made = await TestInstance.describe();
  const config = { locale: "C", encoding: "LATIN1", dataChecksums: true };
  await initdb(made.instance, { config, signal: never() });
  made.configure({});
  await made.start();
  assertEquals(await made.value("show server_encoding"), "LATIN1");
  assertEquals(await made.value("select datcollate from pg_database where datname = 'postgres'"), "C");
  assert((await readControlData(made.instance)).dataChecksums);
});

test("checksums can be refused; without any locale the encoding is UTF8", async () => {
  await using made = await TestInstance.describe();
  const names = ["LANG", "LC_ALL", "LC_CTYPE"];
  const before = names.map((name) => Deno.env.get(name));
  names.forEach((name) => Deno.env.delete(name));
  try {
    await initdb(made.instance, { config: { dataChecksums: false }, signal: never() });
  } finally {
    names.forEach((name, i) => before[i] === undefined || Deno.env.set(name, before[i]));
  }
  made.configure({});
  await made.start();
  assertEquals(await made.value("show server_encoding"), "UTF8");
  assertFalse((await readControlData(made.instance)).dataChecksums);
});

test("an impossible locale is initdb's error", async () => {
  await using made = await TestInstance.describe();
  const failing = initdb(made.instance, { config: { locale: "nowhere" }, signal: never() });
  await assertRejects(() => failing, CommandError, "nowhere");
  assertEquals(await directoryKind(made.instance.dataDirectory), "empty");
});

test("passwords with everything in them, for both users; nothing of them stays behind", async () => {
  await using primary = await TestInstance.primary({ suPassword: PASSWORD, replPassword: `${PASSWORD}2` });
  await using local = await primary.session();
  assertEquals(await local.value("select current_user"), "postgres");
  const target = sourceTarget(primary.instance, primary.address, "replication");
  await using session = await openSession(target, { ...limits, replication: true });
  assertEquals((await session.query("IDENTIFY_SYSTEM")).length, 1);
  const wrong = openSession({ ...target, password: PASSWORD }, { ...limits, replication: true });
  await assertRejects(() => wrong, PostgresError, "password");
  const left: string[] = [];
  for await (const entry of Deno.readDir(primary.instance.workDirectory)) left.push(entry.name);
  assertEquals(left, ["postgres"]);
});

test("setting up roles twice is setting them up once; a new password holds", async () => {
  await using primary = await TestInstance.primary({ suPassword: "one", replPassword: "two" });
  assertEquals(await setUpRoles(primary.instance, limits), [
    "superuser password set",
    "replication role created",
  ]);
  const roles = await primary.query(
    "select rolcanlogin, rolreplication, rolsuper from pg_roles where rolname = 'repl'",
  );
  assertEquals(roles, [{ rolcanlogin: "t", rolreplication: "t", rolsuper: "f" }]);
});

test("one name for both: the superuser gets REPLICATION", async () => {
  await using primary = await TestInstance.primary();
  const { superuser } = primary.instance;
  await primary.query("alter role postgres noreplication");
  const changes = await setUpRoles({ ...primary.instance, replication: superuser }, limits);
  assertEquals(changes, ["replication role added to superuser"]);
  assertEquals(await primary.value("select rolreplication from pg_roles where rolname = 'postgres'"), "t");
});

test("passwords don't get into the server's log, whatever it is told to log", async () => {
  await using primary = await TestInstance.primary({
    suPassword: "first-secret",
    replPassword: "second-secret",
  });
  const userParameters = {
    ...primary.configuration.userParameters,
    log_statement: "all",
    log_min_duration_statement: "0",
    log_destination: "stderr",
    logging_collector: "on",
    log_directory: "log",
    log_filename: "all.log",
  };
  await primary.stop();
  primary.configure({ userParameters });
  await primary.start();
  await setUpRoles(primary.instance, limits);
  await primary.query("do 'begin raise log ''marker''; end'");
  const log = `${primary.instance.dataDirectory}/log/all.log`;
  const text = await eventually(() => Deno.readTextFile(log), (content) => content.includes("marker"));
  assertFalse(text.includes("secret"));
  assertFalse(/alter role/i.test(text));
});

test("our sessions wait for no standby", async () => {
  await using primary = await TestInstance.primary();
  primary.configure({ synchronousStandbyNames: ["stolon_nobody"] });
  primary.process?.reload();
  await eventually(
    () => primary.value("show synchronous_standby_names"),
    (value) => value === "stolon_nobody",
  );
  await primary.query("create table t (i int)");
  assertEquals(await primary.value("show synchronous_commit"), "local");
  // Whereas anybody else's would:
  await using session = await openSession(superuserTarget(primary.instance), { timeoutMs: 1000 });
  await session.query("set synchronous_commit = on");
  await assertRejects(
    () => session.query("insert into t values (1)"),
    PostgresError,
    "no answer within 1000 ms",
  );
});

test("every name that a list of synchronous standbys can hold is understood", async () => {
  await using primary = await TestInstance.primary();
  const names = ["any", "first", "*", 'quo"te', "with blank", "1digit", "stolon_ab12", "ANY", "a-b"];
  for (const list of [...names.map((name) => [name]), names, []]) {
    primary.configure({ synchronousStandbyNames: list });
    const { configurationProblems } = await probe(primary.instance, limits);
    assertEquals(configurationProblems, [], list.join());
  }
});

test("a parameter's value arrives as it was given", async () => {
  await using primary = await TestInstance.primary();
  const value = 'it\'s \\ "quoted" \\n %m #';
  primary.configure({ userParameters: { ...primary.configuration.userParameters, "my.value": value } });
  primary.process?.reload();
  await eventually(() => primary.value("select current_setting('my.value', true)"), (seen) => seen === value);
  assertEquals((await probe(primary.instance, limits)).fileParameters["my.value"], value);
});

test("the start for the keeper alone: own parameters, no TCP, nobody else", async () => {
  await using primary = await TestInstance.primary({ directoryName: "with 'quotes'" });
  primary.configure({ userParameters: { ...primary.configuration.userParameters, work_mem: "9MB" } }, [
    "local all all trust",
  ]);
  await primary.query("create role someone login");
  await primary.stop();
  await primary.start(writeSetupConfiguration(primary.instance, { fsync: "off" }));
  assertEquals(await primary.value("show work_mem"), "9MB");
  assertEquals(await primary.value("show listen_addresses"), "");
  const someone = { ...superuserTarget(primary.instance), user: "someone" };
  await assertRejects(() => openSession(someone, limits), PostgresError, "no pg_hba.conf entry");
  assertEquals((await probe(primary.instance, limits)).fileParameters["work_mem"], "9MB");
});

test("ALTER SYSTEM fails, as long as fsync is on", async () => {
  await using primary = await TestInstance.primary();
  primary.configure({ userParameters: { shared_buffers: "16MB" } });
  primary.process?.reload();
  await eventually(() => primary.value("show fsync"), (value) => value === "on");
  await assertRejects(() => primary.query("alter system set work_mem = '1MB'"), PostgresError);
});

test("a backup is restored, recovers to its target and promotes; what it brought doesn't steer it", async () => {
  await using primary = await TestInstance.primary();
  const archive = `${primary.instance.workDirectory}/archive`;
  await Deno.mkdir(archive);
  await primary.stop();
  primary.configure({
    userParameters: {
      ...primary.configuration.userParameters,
      archive_mode: "on",
      archive_command: `cp %p '${archive}/%f'`,
    },
  });
  await primary.start();
  await using backup = await TestInstance.describe();
  await backup.copy(primary);
  await primary.query("create table t (i int)");
  await primary.query("insert into t values (1)");
  await primary.query("select pg_create_restore_point('here')");
  await primary.query("insert into t values (2)");
  const segment = await primary.value("select pg_walfile_name(pg_switch_wal())") ?? "";
  await eventually(() => isThere(`${archive}/${segment}`), (yes) => yes);

  // What a careless backup of a standby contains.
  await Deno.writeTextFile(`${backup.instance.dataDirectory}/standby.signal`, "");
  await Deno.writeTextFile(`${backup.instance.dataDirectory}/recovery.signal`, "");
  await using restored = await TestInstance.describe({ directoryName: "with blank" });
  await Deno.mkdir(restored.instance.dataDirectory);
  await Deno.writeTextFile(`${restored.instance.dataDirectory}/rubbish`, "");
  const command = `cp -a '${backup.instance.dataDirectory}/.' "%d"`;
  await restoreBackup(restored.instance, { command, signal: never() });
  assertFalse(await isThere(`${restored.instance.dataDirectory}/rubbish`));
  assertFalse(await isThere(`${restored.instance.dataDirectory}/standby.signal`));
  assertFalse(await isThere(`${restored.instance.dataDirectory}/recovery.signal`));
  assertEquals(((await Deno.stat(restored.instance.dataDirectory)).mode ?? 0) & 0o777, 0o700);

  await writeSignalFiles(restored.instance.dataDirectory, { standby: false, recovery: true });
  const recoveryParameters = targetedRecoveryParameters(
    { restoreCommand: `cp '${archive}/%f' '%p'` },
    { recoveryTargetName: "here" },
  );
  restored.configure({ recoveryParameters });
  await restored.start();
  await eventually(() => restored.value("select pg_is_in_recovery()"), (answer) => answer === "f");
  assertEquals(await restored.query("select i from t"), [{ i: "1" }]);
  assertFalse(await isThere(`${restored.instance.dataDirectory}/recovery.signal`));

  // The target would stop a later standby: a standby's configuration doesn't have it.
  await using standby = await TestInstance.standbyOf(restored);
  await restored.query("insert into t values (3)");
  await standby.caughtUp(restored);
  assertEquals(
    await standby.value(`select current_setting('recovery_target_name') = ${quoteLiteral("")}`),
    "t",
  );
});

test("a failing restore command says so", async () => {
  await using made = await TestInstance.describe();
  const failing = restoreBackup(made.instance, { command: "echo why >&2; exit 4", signal: never() });
  const error = await assertRejects(() => failing, CommandError);
  assertMatch(error.message, /exit code 4: why/);
});

async function isThere(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)) !== undefined;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return false;
  }
}
