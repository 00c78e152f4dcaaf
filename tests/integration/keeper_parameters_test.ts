/** Parameters: what needs a restart, in which order a cluster restarts, and values that PostgreSQL does not take. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startPrimary, startStandby } from "./harness/bench_parts.ts";
import { type BenchKeeper, benchTest, type KeeperBench } from "./harness/keeper_bench.ts";
import { waitUntil } from "./harness/wait.ts";

async function setting(keeper: BenchKeeper, name: string): Promise<unknown> {
  return (await keeper.sql(`select current_setting('${name}') as v`))[0]?.["v"];
}

async function startedAt(keeper: BenchKeeper): Promise<number> {
  const [row] = await keeper.sql("select extract(epoch from pg_postmaster_start_time())::float8 as t");
  return Number(row?.["t"]);
}

benchTest(
  "a reload suffices for what a reload can change, a restart waits for permission",
  {},
  async (bench) => {
    const keeper = await startPrimary(bench);
    const before = await startedAt(keeper);
    await bench.change("primary", { pgParameters: { work_mem: "7MB", max_connections: "123" } });
    await bench.waitConverged("primary");
    assertEquals(await setting(keeper, "work_mem"), "7MB");
    assertEquals(await setting(keeper, "max_connections"), "100");
    assertEquals(await startedAt(keeper), before);
    await bench.changeSpec({ automaticPgRestart: true });
    await waitUntil("the restart", async () => await setting(keeper, "max_connections") === "123");
    await bench.change("primary", { pgParameters: {} });
    await waitUntil("the default back", async () => await setting(keeper, "max_connections") === "100");
    assertEquals(await setting(keeper, "work_mem"), "4MB");
  },
);

benchTest("managed parameters stay what they are, whatever the user says", {}, async (bench) => {
  const pgParameters = {
    port: "1",
    listen_addresses: "1.2.3.4",
    hot_standby: "off",
    unix_socket_directories: "/nowhere",
    wal_level: "minimal",
    max_replication_slots: "1",
    Primary_Conninfo: "host=x",
    log_line_prefix: `it's "quoted" \\ back`,
  };
  const keeper = await startPrimary(bench, { pgParameters });
  assertEquals(await setting(keeper, "port"), String(keeper.pgPort));
  assertEquals(await setting(keeper, "listen_addresses"), "127.0.0.1");
  assertEquals(await setting(keeper, "unix_socket_directories"), "/tmp");
  assertEquals(await setting(keeper, "wal_level"), "replica");
  assertEquals(await setting(keeper, "max_replication_slots"), "20");
  assertEquals(await setting(keeper, "max_wal_senders"), "47");
  assertEquals(await setting(keeper, "primary_conninfo"), "");
  assertEquals(await setting(keeper, "log_line_prefix"), `it's "quoted" \\ back`);
});

benchTest(
  "ALTER SYSTEM fails, and what a copy brings in postgresql.auto.conf says nothing",
  {},
  async (bench) => {
    const keeper = await startPrimary(bench);
    const error = await keeper.sql("alter system set work_mem = '9MB'").then(() => undefined, (e) => e);
    assert(error instanceof Error, "ALTER SYSTEM went through");
    const standby = await startStandby(bench, { uid: "s", db: "db1" });
    const [row] = await standby.sql(
      "select count(*)::int as n from pg_file_settings where sourcefile like '%auto.conf'",
    );
    assertEquals(row, { n: 0 });
  },
);

benchTest(
  "a value that PostgreSQL refuses is named and does not stop it; it starts with the last good ones",
  {},
  async (bench) => {
    const keeper = await startPrimary(bench, { pgParameters: { work_mem: "6MB" } });
    const bad = { work_mem: "8MB", no_such_parameter: "1", max_connections: "lots" };
    await bench.change("primary", { pgParameters: bad });
    await bench.waitConverged("primary");
    await waitUntil("the log names both", async () => {
      const log = await keeper.log();
      return log.includes("PostgreSQL refuses parts of its configuration") &&
        log.includes("no_such_parameter");
    });
    assertEquals(await setting(keeper, "work_mem"), "6MB");
    // What the keeper itself must have applied is not kept out by it.
    await bench.change("primary", {
      synchronousReplication: true,
      synchronousStandbys: [],
      externalSynchronousStandbys: ["stolonfakestandby"],
    });
    await waitUntil(
      "the names",
      async () => await setting(keeper, "synchronous_standby_names") === "stolonfakestandby",
    );
    await bench.change("primary", { synchronousReplication: false, externalSynchronousStandbys: null });
    await waitUntil("no names", async () => await setting(keeper, "synchronous_standby_names") === "");
    await keeper.killPostgres();
    await waitUntil(
      "PostgreSQL back with the last good values",
      async () => await setting(keeper, "work_mem") === "6MB",
    );
    assertStringIncludes(await keeper.log(), "failed to start postgres");
    await bench.waitConverged("primary");

    // A keeper that has just started knows the last good values too.
    assertEquals((await keeper.stop()).code, 0);
    await keeper.start();
    await waitUntil("PostgreSQL back again", async () => await setting(keeper, "work_mem") === "6MB");
    await bench.change("primary", { pgParameters: { work_mem: "9MB" } });
    await waitUntil("the corrected values", async () => await setting(keeper, "work_mem") === "9MB");
  },
);

/** Keeps the view as fresh as a sentinel would. */
async function until(bench: KeeperBench, what: string, done: () => Promise<boolean>): Promise<void> {
  await waitUntil(what, async () => {
    await bench.edit((data) => data);
    return await done();
  }, { everyMs: 200 });
}

benchTest("a raised value restarts standbys before the primary, a lowered one the primary first", {
  automaticPgRestart: true,
}, async (bench) => {
  const primary = await startPrimary(bench);
  const standbys = [
    await startStandby(bench, { uid: "s1", db: "db1" }),
    await startStandby(bench, { uid: "s2", db: "db2" }),
  ];
  const all = [primary, ...standbys];
  const change = (max: string) =>
    bench.edit((data) => ({
      ...data,
      dbs: Object.fromEntries(
        Object.entries(data.dbs).map(([uid, db]) => [uid, {
          ...db,
          generation: db.generation + 1,
          spec: { ...db.spec, pgParameters: { max_connections: max } },
        }]),
      ),
    }));
  const everywhere = (max: string) => async () => {
    const seen = await Promise.all(all.map((keeper) => setting(keeper, "max_connections")));
    return seen.every((value) => value === max);
  };
  await change("150");
  await until(bench, "150 everywhere", everywhere("150"));
  const raised = await Promise.all(all.map(startedAt));
  assert(raised.slice(1).every((at) => at < (raised[0] ?? 0)), `the primary was not last: ${raised}`);

  await change("60");
  await until(bench, "60 everywhere", everywhere("60"));
  const lowered = await Promise.all(all.map(startedAt));
  assert(
    lowered.slice(1).every((at) => at > (lowered[0] ?? Infinity)),
    `the primary was not first: ${lowered}`,
  );
  for (const standby of standbys) {
    assertEquals(await standby.sql("select count(*)::int as n from t"), [{ n: 1 }]);
  }
});
