/** Starts, ends and mishaps of a keeper and its PostgreSQL. */
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { following, startPrimary, startStandby, waitForRows } from "./harness/bench_parts.ts";
import { type BenchKeeper, benchTest } from "./harness/keeper_bench.ts";
import { parseLogLine } from "./harness/log_entry.ts";
import { isAlive, postgresOwner } from "./harness/machine.ts";
import { waitUntil } from "./harness/wait.ts";

/** How long an end may take on the tests' small data. */
const END_MS = 15_000;

/** SIGTERM: exit code 0 in time, PostgreSQL gone. */
async function endsWell(keeper: BenchKeeper): Promise<void> {
  const pid = await keeper.postmasterPid();
  const startedMs = performance.now();
  assertEquals((await keeper.stop()).code, 0);
  assert(performance.now() - startedMs < END_MS, `the end took ${performance.now() - startedMs} ms`);
  assertEquals(await keeper.postmasterPid(), undefined, "PostgreSQL was not stopped cleanly");
  if (pid !== undefined) assert(!await isAlive(pid));
}

benchTest(
  "SIGTERM at any moment of an initialisation ends in time, and the next start makes it whole",
  {},
  async (bench) => {
    for (
      const step of [
        "runInitdb",
        "startForSetup",
        "setUpRoles",
        "completeInitialisation",
        "starting postgres",
      ]
    ) {
      const keeper = await bench.keeper(`k_${step.toLowerCase().replaceAll(" ", "_")}`);
      const db = `db_${step.toLowerCase().replaceAll(" ", "_")}`;
      await bench.edit((data) => ({ ...data, dbs: {} }));
      await bench.assign(db, keeper.uid, { initMode: "new" });
      await keeper.start();
      await waitUntil(`${step} in the log`, async () => (await keeper.log()).includes(step), { everyMs: 5 });
      await endsWell(keeper);
      await keeper.start();
      await bench.waitConverged(db);
      await endsWell(keeper);
    }
  },
);

benchTest("SIGTERM in the middle of a copy ends in time", {}, async (bench) => {
  const primary = await startPrimary(bench);
  await primary.sql("create table big as select repeat('x', 1000) as t from generate_series(1, 200000)");
  const keeper = await bench.keeper("copy");
  await bench.change("primary", { followers: ["db1"] });
  await bench.assign("db1", "copy", following("primary"));
  await keeper.start();
  await waitUntil("the copy begins", async () => (await keeper.log()).includes("copySource"), { everyMs: 5 });
  await endsWell(keeper);
  await keeper.start();
  await bench.waitConverged("db1");
  await waitForRows(keeper, 1);
});

benchTest("SIGTERM ends in time while the store answers nobody", {}, async (bench) => {
  const keeper = await startPrimary(bench);
  const blocker = new DatabaseSync(join(bench.directory, "store", "store.db"));
  blocker.exec("BEGIN EXCLUSIVE");
  try {
    await waitUntil(
      "the keeper notices",
      async () => /(publishing|reading).*failed/.test(await keeper.log()),
    );
    assertEquals(await keeper.sql("select i from t"), [{ i: 1 }], "PostgreSQL runs on");
    await endsWell(keeper);
  } finally {
    blocker.exec("ROLLBACK");
    blocker.close();
  }
});

benchTest(
  "a killed keeper leaves PostgreSQL running, and its successor puts its own in its place",
  {},
  async (bench) => {
    const keeper = await startPrimary(bench);
    const left = await keeper.postmasterPid();
    await keeper.kill();
    assertEquals(await keeper.sql("select i from t"), [{ i: 1 }]);
    await keeper.start();
    await waitUntil("another postmaster", async () => {
      const pid = await keeper.postmasterPid();
      return pid !== undefined && pid !== left && (await keeper.sql("select i from t")).length === 1;
    });
    assert(left !== undefined && !await isAlive(left));
    await bench.waitConverged("primary");
  },
);

benchTest("PostgreSQL that dies under a live keeper is restarted", {}, async (bench) => {
  const keeper = await startPrimary(bench);
  const before = await keeper.postmasterPid();
  await keeper.killPostgres();
  await waitUntil("PostgreSQL back", () => keeper.sql("select 1"));
  assertNotEquals(await keeper.postmasterPid(), before);
  await bench.waitConverged("primary");
});

benchTest("a keeper says why it reports a PostgreSQL that runs as unhealthy", {}, async (bench) => {
  const keeper = await startPrimary(bench);
  const pid = await keeper.postmasterPid();
  assert(pid !== undefined);
  Deno.kill(pid, "SIGSTOP");
  try {
    await waitUntil(
      "a word about the silence",
      async () => (await keeper.log()).includes("asking postgres how it is failed"),
    );
  } finally {
    Deno.kill(pid, "SIGCONT");
  }
  await waitUntil(
    "a word about its end",
    async () => (await keeper.log()).includes("asking postgres how it is works again"),
  );
});

benchTest("a second keeper on the directory is refused and changes nothing", {}, async (bench) => {
  const keeper = await startPrimary(bench);
  const other = await bench.keeper("other", {
    args: [`--data-dir=${keeper.dataDir}`, `--uid=${keeper.uid}`],
  });
  other.launch();
  assertEquals((await other.process.status).code, 1);
  assertStringIncludes(await other.log(), "cannot take exclusive lock on data dir");
  const stranger = await bench.keeper("stranger", { args: [`--data-dir=${keeper.dataDir}`] });
  stranger.launch();
  assertEquals((await stranger.process.status).code, 1);
  assertStringIncludes(await stranger.log(), `belongs to keeper`);
  assertEquals(await keeper.sql("select i from t"), [{ i: 1 }]);
});

benchTest("a keeper without a db stops PostgreSQL, and keeps the data", {}, async (bench) => {
  const keeper = await startPrimary(bench);
  const { data } = await bench.view.readClusterData();
  await bench.edit((now) => ({ ...now, dbs: {} }));
  await waitUntil("PostgreSQL stopped", async () => await keeper.postmasterPid() === undefined);
  await bench.edit((now) => ({ ...now, dbs: data?.dbs ?? {} }));
  await waitUntil("PostgreSQL back", async () => (await keeper.sql("select i from t")).length === 1);
});

benchTest(
  "a new cluster under the same name is adopted, and PostgreSQL runs on untouched",
  {},
  async (bench) => {
    const keeper = await startPrimary(bench);
    const pid = await keeper.postmasterPid();
    await bench.edit((data) => ({
      ...data,
      cluster: data.cluster === null ? null : { ...data.cluster, uid: "another" },
      keepers: {},
      dbs: {},
    }));
    await waitUntil(
      "the new cluster in the info",
      async () => (await bench.info(keeper.uid))?.clusterUID === "another",
    );
    await bench.acquaint();
    await waitUntil(
      "the keeper is known, and has no db",
      async () => (await keeper.log()).includes("the new cluster has not assigned a db"),
    );
    assertEquals(await keeper.postmasterPid(), pid);
    assertEquals(await keeper.sql("select i from t"), [{ i: 1 }]);
    await bench.assign("taken_over", keeper.uid, { initMode: "existing" });
    await bench.waitConverged("taken_over");
    assertEquals(await keeper.sql("select i from t"), [{ i: 1 }]);
  },
);

benchTest("load balancers and Prometheus are answered", {}, async (bench) => {
  const primary = await startPrimary(bench);
  const standby = await startStandby(bench, { uid: "s", db: "db1" });
  const status = async (keeper: BenchKeeper, path: string) => {
    const response = await fetch(`http://127.0.0.1:${keeper.metricsPort}${path}`);
    return { status: response.status, text: await response.text() };
  };
  const statuses = async (keeper: BenchKeeper) => {
    const paths = ["/livez", "/readyz", "/primary", "/replica"];
    return (await Promise.all(paths.map(async (path) => (await status(keeper, path)).status))).join(" ");
  };
  await waitUntil("the primary's answers", async () => await statuses(primary) === "200 200 200 503");
  await waitUntil("the standby's answers", async () => await statuses(standby) === "200 200 503 200");
  const { text } = await status(primary, "/metrics");
  for (
    const line of [
      'stolon_cluster_identifier{cluster_name="bench",component="keeper"} 1',
      'stolon_keeper_target_role{role="master"} 1',
      'stolon_keeper_local_role{role="master"} 1',
      "stolon_keeper_sleep_interval 1",
      "stolon_keeper_needs_restart 0",
    ]
  ) assertStringIncludes(text, line);
  for (
    const name of ["clusterdata_last_valid_update_seconds", "last_sync_success_seconds", "shutdown_seconds"]
  ) {
    assertStringIncludes(text, `stolon_keeper_${name} `);
  }
});

/** A small file system for the data; undefined where the test may not make one. */
async function smallVolume(directory: string): Promise<AsyncDisposable | undefined> {
  if (Deno.uid() !== 0) return undefined;
  const mount = await new Deno.Command("mount", {
    args: ["-t", "tmpfs", "-o", "size=200m,mode=0700", "tmpfs", directory],
    stderr: "null",
  }).output();
  if (!mount.success) return undefined;
  return {
    async [Symbol.asyncDispose]() {
      await new Deno.Command("umount", { args: ["-l", directory] }).output();
    },
  };
}

Deno.test({
  name: "disk full: the keeper lives, reports, and PostgreSQL is back by itself when there is room",
  ignore: Deno.uid() !== 0,
  fn: () => diskFull(),
});

async function diskFull(): Promise<void> {
  const { KeeperBench } = await import("./harness/keeper_bench.ts");
  await using bench = await KeeperBench.open();
  const home = await bench.directoryFor("primary_keeper");
  await using volume = await smallVolume(home);
  // Without the right to mount there is nothing to be seen here.
  if (volume === undefined) return;
  const owner = await postgresOwner();
  if (owner !== undefined) await Deno.chown(home, owner.uid, owner.gid);
  const keeper = await startPrimary(bench, { pgParameters: { max_wal_size: "32MB", wal_keep_size: "0" } });
  await new Deno.Command("dd", {
    args: ["if=/dev/zero", `of=${join(home, "ballast")}`, "bs=1M"],
    stderr: "null",
  }).output();
  const filled = await keeper.sql(
    "create table filler as select repeat('x', 1000) as t from generate_series(1, 300000)",
  )
    .then(() => "went through", () => "failed");
  assertEquals(filled, "failed");
  assert(await isAlive(keeper.process.pid), "the keeper did not survive");
  await Deno.remove(join(home, "ballast"));
  await waitUntil("PostgreSQL writes again", () => keeper.sql("insert into t values (2)"));
  await bench.waitConverged("primary");
  assertEquals((await keeper.stop()).code, 0);
}

benchTest("a PostgreSQL that does not come up is started again after growing pauses", {}, async (bench) => {
  const keeper = await startPrimary(bench);
  assertEquals((await keeper.stop()).code, 0);
  const starts = async () =>
    (await keeper.log()).split("\n").flatMap((line) => {
      const entry = parseLogLine(line);
      return entry?.message === "starting postgres" ? [entry.timeMs] : [];
    });
  const before = (await starts()).length;
  // It writes its pid file and ends soon after.
  const wal = join(keeper.pgData, "pg_wal");
  await Deno.rename(wal, `${wal}.away`);
  await keeper.start();
  const times = await waitUntil("four starts", async () => {
    const found = (await starts()).slice(before);
    return found.length >= 4 ? found : undefined;
  });
  const gaps = times.flatMap((at, index) => index === 0 ? [] : [at - (times[index - 1] ?? 0)]);
  // A pause begins after the start that failed; clocks are granted a little.
  assert(gaps.every((gap, index) => gap >= 1000 * 2 ** index - 100), `pauses of ${gaps.join(", ")} ms`);

  await Deno.rename(`${wal}.away`, wal);
  await waitUntil("PostgreSQL back", () => keeper.sql("select 1"));
  // It has come up: the end of it is no reason for a pause.
  await bench.waitConverged("primary");
  await keeper.killPostgres();
  await waitUntil("PostgreSQL back again", () => keeper.sql("select 1"));
});
