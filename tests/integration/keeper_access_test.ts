/** Who gets in and how: authentication methods, pg_hba.conf by access mode, slots, addresses. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { following, startPrimary, startStandby, waitForRows } from "./harness/bench_parts.ts";
import { type BenchKeeper, benchTest, type KeeperBench, PASSWORD } from "./harness/keeper_bench.ts";
import { query } from "./harness/sql.ts";
import { waitUntil } from "./harness/wait.ts";

/** Brings up a primary and a standby whose keepers have these flags. */
async function pair(
  bench: KeeperBench,
  args: readonly string[],
): Promise<readonly [BenchKeeper, BenchKeeper]> {
  const primary = await bench.keeper("p", { args });
  const standby = await bench.keeper("s", { args });
  await bench.assign("primary", "p", { initMode: "new", followers: ["db1"] });
  await primary.start();
  await bench.waitConverged("primary");
  await bench.assign("db1", "s", following("primary"));
  await standby.start();
  await bench.waitConverged("db1");
  return [primary, standby];
}

async function hbaLines(keeper: BenchKeeper): Promise<readonly string[]> {
  return (await Deno.readTextFile(join(keeper.pgData, "pg_hba.conf"))).trimEnd().split("\n");
}

const METHODS: Record<string, readonly string[]> = {
  "md5 for both": ["--pg-su-auth-method=md5", "--pg-repl-auth-method=md5"],
  "scram-sha-256 for both": ["--pg-su-auth-method=scram-sha-256", "--pg-repl-auth-method=scram-sha-256"],
};
for (const [name, args] of Object.entries(METHODS)) {
  benchTest(`authentication: ${name}, with a password that quoting has to survive`, {}, async (bench) => {
    const [primary, standby] = await pair(bench, args);
    await primary.sql("create table t as select 1 as i");
    await waitForRows(standby, 1);
    for (const keeper of [primary, standby]) {
      const log = await keeper.log();
      const own = log.split("\n").filter((line) => line.startsWith("{")).join("\n");
      assert(
        !own.includes("secret") && !own.includes(JSON.stringify(PASSWORD).slice(1, -1)),
        "a password in the log",
      );
    }
  });
}

benchTest("authentication: trust for both", {}, async (bench) => {
  const none = ["--pg-su-passwordfile=", "--pg-repl-passwordfile="];
  const trust = ["--pg-su-auth-method=trust", "--pg-repl-auth-method=trust"];
  const [primary, standby] = await pair(bench, [...none, ...trust]);
  await primary.sql("create table t as select 1 as i");
  await waitForRows(standby, 1);
  assertStringIncludes(await primary.log(), "uses trust");
});

benchTest("authentication: one user for both", {}, async (bench) => {
  const file = join(bench.directory, "superuser-password");
  const [primary, standby] = await pair(bench, [
    "--pg-repl-username=postgres",
    `--pg-repl-passwordfile=${file}`,
  ]);
  await primary.sql("create table t as select 1 as i");
  await waitForRows(standby, 1);
  assertStringIncludes(await primary.log(), "replication role added to superuser");
  assertEquals(await primary.sql("select count(*)::int as n from pg_roles where rolname = 'replicator'"), [{
    n: 0,
  }]);
});

benchTest(
  "pg_hba.conf: all, strict on a primary, strict on a standby, the user's lines",
  {},
  async (bench) => {
    const primary = await startPrimary(bench);
    const standby = await startStandby(bench, { uid: "s", db: "db1" });
    const local = ["local postgres postgres md5", "local replication replicator md5"];
    const everywhere = [
      "host all postgres 0.0.0.0/0 md5",
      "host replication replicator 0.0.0.0/0 md5",
      "host all postgres ::0/0 md5",
      "host replication replicator ::0/0 md5",
    ];
    const clients = ["host all all 0.0.0.0/0 md5", "host all all ::0/0 md5"];
    assertEquals(await hbaLines(primary), [...local, ...everywhere, ...clients]);
    assertEquals(await hbaLines(standby), [...local, ...everywhere, ...clients]);
    await bench.change("primary", {
      pgHBA: ["host app app 10.1.2.3/32 scram-sha-256", "host all all ::1/128 reject"],
    });
    await bench.changeSpec({ defaultSUReplAccessMode: "strict" });
    await waitUntil(
      "the primary's strict lines",
      async () =>
        JSON.stringify(await hbaLines(primary)) === JSON.stringify([
          ...local,
          "host all postgres 127.0.0.1/32 md5",
          "host replication replicator 127.0.0.1/32 md5",
          "host app app 10.1.2.3/32 scram-sha-256",
          "host all all ::1/128 reject",
        ]),
    );
    await waitUntil(
      "the standby's strict lines",
      async () => JSON.stringify(await hbaLines(standby)) === JSON.stringify([...local, ...clients]),
    );
    await primary.sql("insert into t values (2)");
    await waitUntil("it still streams", async () => {
      const [row] = await primary.sql(
        "select count(*)::int as n from pg_stat_replication where replay_lsn >= pg_current_wal_lsn()",
      );
      return row?.["n"] === 1;
    });
  },
);

benchTest(
  "a line of pg_hba.conf that PostgreSQL refuses is named and left out, while it runs and at a start",
  {},
  async (bench) => {
    const keeper = await startPrimary(bench);
    await keeper.sql("create role app login password 'app'");
    const good = "host all app 127.0.0.1/32 md5";
    const loaded = async (line: string) => {
      const lines = await hbaLines(keeper);
      const [row] = await keeper.sql(
        "select count(*)::int as n from pg_hba_file_rules where error is not null",
      );
      return row?.["n"] === 0 && lines.includes(line) && !lines.some((one) => one.includes("sha256 "));
    };
    const asClient = () =>
      query(
        { host: "127.0.0.1", port: keeper.pgPort, user: "app", password: "app", database: "postgres" },
        "select 1",
      );
    await bench.change("primary", { pgHBA: ["host all all 10.0.0.0/8 sha256 ", good] });
    await waitUntil("the good line without the bad one", () => loaded(good));
    await bench.waitConverged("primary");
    assertStringIncludes(await keeper.log(), "PostgreSQL refuses lines of pg_hba.conf");
    assertStringIncludes(await keeper.log(), "host all all 10.0.0.0/8 sha256");
    await waitUntil("a client is let in", asClient);

    // A keeper that has just started does not know the line, and PostgreSQL does not start with it.
    assertEquals((await keeper.stop()).code, 0);
    await keeper.start();
    await waitUntil("PostgreSQL back, without the bad line", () => loaded(good));
    await waitUntil("a client is let in again", asClient);
    assertStringIncludes(await keeper.log(), "failed to start postgres");

    const corrected = "host all all 10.0.0.0/8 scram-sha-256";
    await bench.change("primary", { pgHBA: [corrected, good] });
    await waitUntil("the corrected line", () => loaded(corrected));
  },
);

benchTest("slots: additional ones are made, hand-made ones of ours go, others stay", {}, async (bench) => {
  const keeper = await startPrimary(bench);
  const names = async () =>
    (await keeper.sql("select slot_name as n from pg_replication_slots order by 1")).map((row) => row["n"])
      .join(" ");
  await bench.change("primary", { additionalReplicationSlots: ["a", "b"], followers: ["x"] });
  await waitUntil("the slots", async () => await names() === "stolon_a stolon_b stolon_x");
  await keeper.sql(
    "select pg_create_physical_replication_slot('mine'), pg_create_physical_replication_slot('stolon_old', true)",
  );
  await bench.change("primary", { additionalReplicationSlots: ["a"] });
  await waitUntil(
    "only what is wanted, and what is not ours",
    async () => await names() === "mine stolon_a stolon_x",
  );
  await keeper.sql("select pg_drop_replication_slot('stolon_a')");
  await waitUntil(
    "the slot made again, without a new generation",
    async () => await names() === "mine stolon_a stolon_x",
  );
  const [row] = await keeper.sql(
    "select count(*)::int as n from pg_replication_slots where restart_lsn is null and slot_name like 'stolon%'",
  );
  assertEquals(row, { n: 0 }, "a slot that keeps no WAL");
});

benchTest("addresses: a host name, an advertised pair, a data directory with blanks", {}, async (bench) => {
  const dataDir = join(bench.directory, "data with 'quotes' and blanks");
  const keeper = await bench.keeper("k", {
    args: [
      `--data-dir=${dataDir}`,
      "--pg-listen-address=localhost",
      "--pg-advertise-address=pg.invalid",
      "--pg-advertise-port=15432",
    ],
  });
  await bench.assign("db", "k", { initMode: "new" });
  await keeper.start();
  const state = await bench.waitConverged("db");
  assertEquals([state.listenAddress, state.port], ["pg.invalid", "15432"]);
  assertEquals(await keeper.sql("show listen_addresses"), [{ listen_addresses: "localhost" }]);
  assertEquals(await keeper.sql("show data_directory"), [{ data_directory: join(dataDir, "postgres") }]);
  assertEquals((await keeper.stop()).code, 0);
});
