/** Synchronous replication as a keeper has to bring it about: names, what is in sync, and a restarted primary's clients. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startPrimary, startStandby } from "./harness/bench_parts.ts";
import { type BenchKeeper, benchTest } from "./harness/keeper_bench.ts";
import { query } from "./harness/sql.ts";
import { waitUntil } from "./harness/wait.ts";

/** As an ordinary client. */
function asClient(keeper: BenchKeeper): Promise<unknown> {
  const target = {
    host: "127.0.0.1",
    port: keeper.pgPort,
    user: "app",
    password: "app",
    database: "postgres",
  };
  return query(target, "select 1");
}

benchTest("names are written as the view has them, and what is in sync is reported", {}, async (bench) => {
  const primary = await startPrimary(bench);
  await startStandby(bench, { uid: "s1", db: "db1" });
  await startStandby(bench, { uid: "s2", db: "db2" });
  const names = async () =>
    (await primary.sql("show synchronous_standby_names"))[0]?.["synchronous_standby_names"];
  assertEquals(await names(), "");
  await bench.change("primary", {
    synchronousReplication: true,
    synchronousStandbys: ["db1"],
    externalSynchronousStandbys: [],
  });
  await waitUntil(
    "db1 reported in sync",
    async () => (await bench.info(primary.uid))?.postgresState?.synchronousStandbys.join() === "db1",
  );
  assertEquals(await names(), "stolon_db1");
  await bench.change("primary", {
    synchronousStandbys: ["db1", "db2"],
    externalSynchronousStandbys: ["ext-1"],
  });
  await waitUntil(
    "both reported in sync",
    async () => (await bench.info(primary.uid))?.postgresState?.synchronousStandbys.join() === "db1,db2",
  );
  assertEquals(await names(), `3 ("ext-1",stolon_db1,stolon_db2)`);
});

benchTest(
  "a restarted primary lets no client in before its synchronous standbys have caught up",
  {},
  async (bench) => {
    const primary = await startPrimary(bench);
    const standby = await startStandby(bench, { uid: "s1", db: "db1" });
    await primary.sql("create role app login password 'app'");
    await bench.change("primary", {
      synchronousReplication: true,
      synchronousStandbys: ["db1"],
      externalSynchronousStandbys: [],
    });
    await waitUntil(
      "db1 reported in sync",
      async () => (await bench.info(primary.uid))?.postgresState?.synchronousStandbys.join() === "db1",
    );
    await asClient(primary);

    assertEquals((await standby.stop()).code, 0);
    await primary.killPostgres();
    await waitUntil("the primary back", () => primary.sql("select 1"));
    const refusal = await asClient(primary).then(() => undefined, (error) => error);
    assert(refusal instanceof Error, "a client was let in");
    assertStringIncludes(refusal.message, "no pg_hba.conf entry");

    await standby.start();
    await waitUntil("clients are let in", async () => {
      await asClient(primary);
      return true;
    });
    await primary.sql("insert into t values (2)");
  },
);

benchTest(
  "after the crash of a single backend no client sees what the synchronous standbys may not have",
  {},
  async (bench) => {
    const primary = await startPrimary(bench);
    const standby = await startStandby(bench, { uid: "s1", db: "db1" });
    await primary.sql("create role app login password 'app'");
    // The server runs already: what it must not do by itself was said at its start.
    await bench.change("primary", {
      synchronousReplication: true,
      synchronousStandbys: ["db1"],
      externalSynchronousStandbys: [],
    });
    await waitUntil(
      "db1 reported in sync",
      async () => (await bench.info(primary.uid))?.postgresState?.synchronousStandbys.join() === "db1",
    );
    await asClient(primary);

    assertEquals((await standby.stop()).code, 0);
    const postmaster = await primary.postmasterPid();
    const [crashed] = await primary.sql(
      "select pid from pg_stat_activity where backend_type = 'background writer'",
    );
    Deno.kill(Number(crashed?.["pid"]), "SIGKILL");
    await waitUntil("another postmaster that answers", async () => {
      const pid = await primary.postmasterPid();
      return pid !== undefined && pid !== postmaster && await primary.sql("select 1");
    });
    const refusal = await asClient(primary).then(() => undefined, (error) => error);
    assert(refusal instanceof Error, "a client was let in");
    assertStringIncludes(refusal.message, "no pg_hba.conf entry");

    await standby.start();
    await waitUntil("clients are let in", async () => {
      await asClient(primary);
      return true;
    });
  },
);

benchTest(
  "a primary that blocks for the fake standby alone lets clients in after a restart",
  {},
  async (bench) => {
    const primary = await startPrimary(bench);
    await primary.sql("create role app login password 'app'");
    await bench.change("primary", {
      synchronousReplication: true,
      synchronousStandbys: [],
      externalSynchronousStandbys: ["stolonfakestandby"],
    });
    await bench.waitConverged("primary");
    await primary.killPostgres();
    await waitUntil("clients are let in", async () => {
      await asClient(primary);
      return true;
    });
  },
);
