import { assertEquals, assertFalse, assertRejects } from "@std/assert";
import { never, TestInstance } from "../../tests/postgres_instance.ts";
import { postgresTests } from "../../tests/postgres_user.ts";
import { directoryKind, emptyDataDirectory, walDirectoryArguments } from "./data_directory.ts";
import { initdb } from "./initdb.ts";
import { removeLeftoverSecretFiles, withPasswordFile, withSecretFile } from "./password_file.ts";
import { clearAutoConf, disableAutoConf, readSignalFiles, writeSignalFiles } from "./recovery_files.ts";

const test = postgresTests(import.meta.url);

async function place(): Promise<{ dataDirectory: string; workDirectory: string } & AsyncDisposable> {
  const workDirectory = await Deno.makeTempDir({ prefix: "data-dir-" });
  return {
    workDirectory,
    dataDirectory: `${workDirectory}/with blank`,
    [Symbol.asyncDispose]: () => Deno.remove(workDirectory, { recursive: true }),
  };
}

async function namesIn(directory: string): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(directory)) names.push(entry.name);
  return names.sort();
}

Deno.test("what is in a directory", async () => {
  await using at = await place();
  assertEquals(await directoryKind(at.dataDirectory), "empty");
  await Deno.mkdir(`${at.dataDirectory}/global`, { recursive: true });
  assertEquals(await directoryKind(at.dataDirectory), "unknown");
  await Deno.writeTextFile(`${at.dataDirectory}/PG_VERSION`, "15\n");
  // pg_control comes last in a copy: without it there is no instance.
  assertEquals(await directoryKind(at.dataDirectory), "unknown");
  await Deno.writeTextFile(`${at.dataDirectory}/global/pg_control`, "");
  assertEquals(await directoryKind(at.dataDirectory), "instance");
});

Deno.test("emptying makes the directory, and only its owner gets in", async () => {
  await using at = await place();
  await emptyDataDirectory(at);
  assertEquals(((await Deno.stat(at.dataDirectory)).mode ?? 0) & 0o777, 0o700);
  await Deno.chmod(at.dataDirectory, 0o755);
  await Deno.writeTextFile(`${at.dataDirectory}/file`, "");
  await emptyDataDirectory(at);
  assertEquals(((await Deno.stat(at.dataDirectory)).mode ?? 0) & 0o777, 0o700);
  assertEquals(await namesIn(at.dataDirectory), []);
});

Deno.test("emptying follows pg_wal and tablespaces, and spares what isn't this instance's", async () => {
  await using at = await place();
  const { dataDirectory, workDirectory } = at;
  for (
    const directory of ["wal/archive_status", "space/PG_15_202209061/5", "space/PG_14_202107181", "innocent"]
  ) {
    await Deno.mkdir(`${workDirectory}/${directory}`, { recursive: true });
  }
  await Deno.mkdir(`${dataDirectory}/pg_tblspc`, { recursive: true });
  await Deno.writeTextFile(`${dataDirectory}/PG_VERSION`, "15\n");
  await Deno.writeTextFile(`${workDirectory}/wal/000000010000000000000001`, "");
  await Deno.writeTextFile(`${workDirectory}/innocent/file`, "");
  await Deno.symlink(`${workDirectory}/wal`, `${dataDirectory}/pg_wal`);
  await Deno.symlink(`${workDirectory}/space`, `${dataDirectory}/pg_tblspc/16384`);
  // Any other link is removed, not followed.
  await Deno.symlink(`${workDirectory}/innocent`, `${dataDirectory}/link`);
  await emptyDataDirectory(at);
  assertEquals(await namesIn(dataDirectory), []);
  assertEquals(await namesIn(`${workDirectory}/wal`), []);
  assertEquals(await namesIn(`${workDirectory}/space`), ["PG_14_202107181"]);
  assertEquals(await namesIn(`${workDirectory}/innocent`), ["file"]);
  assertEquals(await walDirectoryArguments(at), ["--waldir", `${workDirectory}/wal`]);
});

Deno.test("pg_wal that is a directory again isn't put elsewhere any more", async () => {
  await using at = await place();
  await Deno.mkdir(at.dataDirectory);
  await Deno.symlink(`${at.workDirectory}/wal`, `${at.dataDirectory}/pg_wal`);
  await emptyDataDirectory(at);
  // Interrupted, and begun anew on an empty directory: still remembered.
  await emptyDataDirectory(at);
  assertEquals(await walDirectoryArguments(at), ["--waldir", `${at.workDirectory}/wal`]);
  await Deno.mkdir(`${at.dataDirectory}/pg_wal`);
  await emptyDataDirectory(at);
  assertEquals(await walDirectoryArguments(at), []);
});

Deno.test("a link that leads nowhere doesn't stop the emptying", async () => {
  await using at = await place();
  await Deno.mkdir(`${at.dataDirectory}/pg_tblspc`, { recursive: true });
  await Deno.symlink(`${at.workDirectory}/gone`, `${at.dataDirectory}/pg_wal`);
  await Deno.symlink(`${at.workDirectory}/gone`, `${at.dataDirectory}/pg_tblspc/1`);
  await emptyDataDirectory(at);
  assertEquals(await namesIn(at.dataDirectory), []);
});

Deno.test("signal files: exactly the wanted ones, and no recovery.conf", async () => {
  await using at = await place();
  await Deno.mkdir(at.dataDirectory);
  await Deno.writeTextFile(`${at.dataDirectory}/recovery.conf`, "");
  for (const wanted of [{ standby: true, recovery: false }, { standby: false, recovery: true }]) {
    await writeSignalFiles(at.dataDirectory, wanted);
    assertEquals(await readSignalFiles(at.dataDirectory), wanted);
  }
  await writeSignalFiles(at.dataDirectory, { standby: false, recovery: false });
  assertEquals(await namesIn(at.dataDirectory), []);
});

Deno.test("postgresql.auto.conf: a link, an empty file, a link again", async () => {
  await using at = await place();
  await Deno.mkdir(at.dataDirectory);
  const path = `${at.dataDirectory}/postgresql.auto.conf`;
  await Deno.writeTextFile(path, "primary_conninfo = 'host=evil'\n");
  await disableAutoConf(at.dataDirectory);
  await disableAutoConf(at.dataDirectory);
  assertEquals(await Deno.readLink(path), "/dev/null");
  clearAutoConf(at.dataDirectory);
  assertFalse((await Deno.lstat(path)).isSymlink);
  assertEquals(await Deno.readTextFile(path), "");
  await disableAutoConf(at.dataDirectory);
  assertEquals(await Deno.readLink(path), "/dev/null");
  assertEquals(await namesIn(at.dataDirectory), ["postgresql.auto.conf"]);
});

Deno.test("password files: for their owner, as libpq reads them, gone afterwards", async () => {
  await using at = await place();
  const seen = await withPasswordFile(at.workDirectory, "a:b\\c", async (env) => {
    const path = env["PGPASSFILE"] ?? "";
    assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
    return await Deno.readTextFile(path);
  });
  assertEquals(seen, "*:*:*:*:a\\:b\\\\c\n");
  assertEquals(await namesIn(at.workDirectory), []);
  await assertRejects(
    () => withSecretFile(at.workDirectory, "x", () => Promise.reject(new Error("no"))),
    Error,
    "no",
  );
  assertEquals(await namesIn(at.workDirectory), []);
});

Deno.test("password files of a killed keeper are removed", async () => {
  await using at = await place();
  await Deno.writeTextFile(`${at.workDirectory}/.secret-1`, "x");
  await Deno.writeTextFile(`${at.workDirectory}/other`, "x");
  await removeLeftoverSecretFiles(at.workDirectory);
  assertEquals(await namesIn(at.workDirectory), ["other"]);
});

test("pg_wal on another volume: emptied, and there again after a new copy", async () => {
  await using primary = await TestInstance.primary();
  await using standby = await TestInstance.describe();
  const { dataDirectory, workDirectory } = standby.instance;
  await initdb(standby.instance, { config: null, signal: never() });
  await Deno.rename(`${dataDirectory}/pg_wal`, `${workDirectory}/other volume`);
  await Deno.symlink(`${workDirectory}/other volume`, `${dataDirectory}/pg_wal`);
  await emptyDataDirectory(standby.instance);
  assertEquals(await namesIn(`${workDirectory}/other volume`), []);
  await standby.copy(primary);
  assertEquals(await Deno.readLink(`${dataDirectory}/pg_wal`), `${workDirectory}/other volume`);
  await standby.follow(primary);
  await standby.start();
  await standby.caughtUp(primary);
  await standby.stop();
  // And once more, now that PostgreSQL has made the link itself.
  await emptyDataDirectory(standby.instance);
  assertEquals(await directoryKind(dataDirectory), "empty");
  await initdb(standby.instance, { config: null, signal: never() });
  assertEquals(await Deno.readLink(`${dataDirectory}/pg_wal`), `${workDirectory}/other volume`);
});

test("a tablespace of a removed instance is free for the next one", async () => {
  await using first = await TestInstance.primary();
  const space = `${first.instance.workDirectory}/space`;
  await Deno.mkdir(space);
  await using session = await first.session();
  await session.query(`create tablespace space location '${space}'`);
  await session.query("create table t (i int) tablespace space");
  assertEquals((await namesIn(space)).length, 1);
  await first.stop();
  await emptyDataDirectory(first.instance);
  assertEquals(await namesIn(space), []);
});
