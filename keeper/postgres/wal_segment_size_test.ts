import { assert, assertEquals } from "@std/assert";
import { formatLsn, parseLsn } from "../../cluster/lsn.ts";
import { REQUEST_TIMEOUT_MS, TestInstance } from "../../tests/postgres_instance.ts";
import { postgresTests } from "../../tests/postgres_user.ts";
import { programPath } from "./binaries.ts";
import { readControlData } from "./controldata.ts";
import { measureLocalWal } from "./local_wal.ts";
import { probe } from "./probe.ts";
import { setUpRoles } from "./roles.ts";
import { readSource } from "./source_server.ts";
import { runTool } from "./tool.ts";

const test = postgresTests(import.meta.url);
const limits = { timeoutMs: REQUEST_TIMEOUT_MS };
const MIB = 1024n * 1024n;

test("WAL segments of 1 MiB: positions, names and ends are right", async () => {
  await using primary = await TestInstance.describe();
  const { binaries, dataDirectory } = primary.instance;
  const args = ["-D", dataDirectory, "-U", "postgres", "-A", "trust", "--wal-segsize", "1"];
  await runTool(programPath(binaries, "initdb"), args);
  primary.configure({ userParameters: { ...primary.configuration.userParameters, min_wal_size: "2MB" } });
  await primary.start();
  await setUpRoles(primary.instance, limits);
  assertEquals((await readControlData(primary.instance)).segmentBytes, MIB);
  await primary.query("create table t as select repeat('x', 100) from generate_series(1, 50000)");
  await using standby = await TestInstance.standbyOf(primary);
  const source = await readSource(standby.instance, {
    address: primary.address,
    slot: standby.slot,
    ...limits,
  });
  // Right after the segment's start PostgreSQL itself names the file, and it has it.
  const name = await primary.value(`select pg_walfile_name('${formatLsn((source.oldestWal ?? 0n) + 1n)}')`);
  const files = await primary.query("select name from pg_ls_waldir()");
  assert(files.some((file) => file["name"] === name), `${name} is not there`);
  assert((await probe(primary.instance, limits)).oldestWalFile >= (name ?? ""));
  assert(source.slotExists);
  const wanted = parseLsn(await primary.value("select pg_current_wal_flush_lsn()") ?? "");
  await standby.received(wanted);
  await standby.stop();
  assert((await measureLocalWal(standby.instance)).end >= wanted);
});
