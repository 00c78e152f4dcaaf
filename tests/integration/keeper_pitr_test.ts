/** Instances that come from a backup, or were there before: `pitr`, `existing`, and clusters of role `standby`. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import type { RecoveryTargetSettings } from "../../cluster/spec.ts";
import { archived, asOwner, copyInstance, startArchivingPrimary } from "./harness/bench_backup.ts";
import { following, startPrimary, waitForRows } from "./harness/bench_parts.ts";
import { type BenchKeeper, benchTest, type KeeperBench } from "./harness/keeper_bench.ts";
import { waitUntil } from "./harness/wait.ts";

interface Backup {
  readonly primary: BenchKeeper;
  readonly archive: string;
  /** Directory with the copied files. */
  readonly files: string;
  /** Directory with `base.tar`. */
  readonly tar: string;
  /** Where 2 rows are there, and a third is not. */
  readonly target: Record<
    "recoveryTargetName" | "recoveryTargetTime" | "recoveryTargetLsn" | "recoveryTargetXid",
    string
  >;
}

async function takeBackup(bench: KeeperBench): Promise<Backup> {
  const archive = await bench.directoryFor("archive of wal");
  const primary = await startArchivingPrimary(bench, archive);
  const files = await bench.directoryFor("backup files");
  const tar = await bench.directoryFor("backup tar");
  await copyInstance(bench, primary, { directory: files, args: ["-F", "p", "-X", "none"] });
  await copyInstance(bench, primary, { directory: tar, args: ["-F", "t", "-X", "none"] });
  await primary.sql("insert into t values (2)");
  const [at] = await primary.sql(
    "select pg_create_restore_point('here')::text as lsn, clock_timestamp()::text as time, pg_current_xact_id()::text as xid",
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  await primary.sql("insert into t values (3)");
  await archived(primary);
  const xid = String(Number(at?.["xid"]));
  return {
    primary,
    archive,
    files,
    tar,
    target: {
      recoveryTargetName: "here",
      recoveryTargetTime: String(at?.["time"]),
      recoveryTargetLsn: String(at?.["lsn"]),
      recoveryTargetXid: xid,
    },
  };
}

async function restored(bench: KeeperBench, backup: Backup, options: {
  readonly uid: string;
  readonly command: string;
  readonly target?: RecoveryTargetSettings;
}): Promise<BenchKeeper> {
  const keeper = await bench.keeper(options.uid);
  await bench.assign(`db_${options.uid}`, options.uid, {
    initMode: "pitr",
    includePreviousConfig: true,
    pitrConfig: {
      dataRestoreCommand: options.command,
      archiveRecoverySettings: { restoreCommand: `cp "${backup.archive}/%f" "%p"` },
      ...(options.target === undefined ? {} : { recoveryTargetSettings: options.target }),
    },
  });
  await keeper.start();
  await bench.waitConverged(`db_${options.uid}`);
  return keeper;
}

async function rows(keeper: BenchKeeper): Promise<unknown> {
  return (await keeper.sql("select count(*)::int as n from t where not pg_is_in_recovery()"))[0]?.["n"];
}

benchTest("pitr: from a tar and from files, to the end and to each kind of target", {}, async (bench) => {
  const backup = await takeBackup(bench);
  const fromFiles = `cp -a "${backup.files}/." "%d"`;
  const end = await restored(bench, backup, {
    uid: "tar",
    command: `tar -C "%d" -xf "${backup.tar}/base.tar" && mkdir -p "%d/pg_wal"`,
  });
  assertEquals(await rows(end), 3);
  const reported = (await bench.info("tar"))?.postgresState?.pgParameters;
  assertEquals(reported?.["archive_mode"], "on", "the parameters of the backup are taken over");
  assertEquals((await end.stop()).code, 0);
  for (const [index, [name, value]] of Object.entries(backup.target).entries()) {
    const keeper = await restored(bench, backup, {
      uid: `k${index}`,
      command: fromFiles,
      target: { [name]: value },
    });
    assertEquals(await rows(keeper), 2, name);
    await keeper.sql("insert into t values (4)");
    const [left] = await keeper.sql(
      "select count(*)::int as n from pg_file_settings where name like 'recovery%'",
    );
    assertEquals(left, { n: 0 }, name);
    assertEquals((await keeper.stop()).code, 0);
  }
  const early = await restored(bench, backup, {
    uid: "immediate",
    command: fromFiles,
    target: { recoveryTarget: "immediate" },
  });
  assertEquals(await rows(early), 1);
});

benchTest("pitr: a failing command is told, tried again, and nothing else comes of it", {}, async (bench) => {
  const keeper = await bench.keeper("k");
  await bench.assign("db", "k", {
    initMode: "pitr",
    pitrConfig: { dataRestoreCommand: "echo broken >&2; exit 3" },
  });
  await keeper.start();
  await waitUntil("the failure in the log", async () => (await keeper.log()).includes("exit code 3"));
  await waitUntil("the new db reported, not initialised", async () => {
    const state = (await bench.info("k"))?.postgresState;
    return state?.uid === "db" && state.generation === 0 && !state.healthy;
  });
  assertEquals((await keeper.stop()).code, 0);
});

benchTest(
  "existing: an instance with its own parameters and another password is taken over",
  {},
  async (bench) => {
    const keeper = await bench.keeper("k");
    const home = await bench.directoryFor("k");
    const data = join(home, "postgres");
    const script = `"${bench.binDir}/initdb" -D "${data}" -U postgres -A trust >/dev/null && ` +
      `echo "work_mem = '11MB'" >> "${data}/postgresql.conf" && ` +
      `echo "maintenance_work_mem = '99MB'" >> "${data}/postgresql.auto.conf"`;
    await asOwner(["/bin/sh", "-c", script]);
    await Deno.writeTextFile(join(data, "mark"), "");
    await bench.assign("db", "k", { initMode: "existing", includePreviousConfig: true });
    await keeper.start();
    const state = await bench.waitConverged("db");
    assertEquals(state.pgParameters["work_mem"], "11MB");
    assertEquals(state.pgParameters["maintenance_work_mem"], "99MB");
    assertEquals(await keeper.sql("show work_mem"), [{ work_mem: "11MB" }]);
    assertEquals(await keeper.sql("select rolreplication as r from pg_roles where rolname = 'replicator'"), [{
      r: true,
    }]);
    await Deno.stat(join(data, "mark"));
  },
);

benchTest("existing: an empty directory is refused in words, and stays empty", {}, async (bench) => {
  const keeper = await bench.keeper("k");
  await bench.assign("db", "k", { initMode: "existing" });
  await keeper.start();
  await waitUntil(
    "the reason in the log",
    async () => (await keeper.log()).includes("but the data directory holds none"),
  );
  assertEquals((await keeper.stop()).code, 0);
});

benchTest("a standby cluster follows an external primary by slot, and is promoted", {}, async (bench) => {
  const outside = await startPrimary(bench);
  await bench.change("primary", { additionalReplicationSlots: ["outside"] });
  await bench.waitConverged("primary");
  const files = await bench.directoryFor("backup files");
  await copyInstance(bench, outside, { directory: files, args: ["-X", "fetch"] });
  const keeper = await bench.keeper("k");
  const external = (more: Record<string, string> = {}) => ({
    type: "external" as const,
    standbySettings: {
      primaryConninfo: `host=127.0.0.1 port=${outside.pgPort} user=replicator password=repl`,
      primarySlotName: "stolon_outside",
      ...more,
    },
    archiveRecoverySettings: null,
  });
  await bench.assign("db", "k", {
    initMode: "pitr",
    role: "standby",
    pitrConfig: { dataRestoreCommand: `cp -a "${files}/." "%d"` },
    followConfig: external(),
  });
  await keeper.start();
  await bench.waitConverged("db");
  await outside.sql("insert into t values (2)");
  await waitForRows(keeper, 2);
  const [slot] = await outside.sql(
    "select active from pg_replication_slots where slot_name = 'stolon_outside'",
  );
  assertEquals(slot, { active: true });

  await bench.change("db", { initMode: "none", followConfig: external({ recoveryMinApplyDelay: "1h" }) });
  await bench.waitConverged("db");
  assertEquals(await keeper.sql("show recovery_min_apply_delay"), [{ recovery_min_apply_delay: "1h" }]);
  await bench.change("db", { followConfig: external(), followers: ["inner"] });
  const inner = await bench.keeper("inner_keeper");
  await bench.assign("inner", inner.uid, following("db"));
  await inner.start();
  await bench.waitConverged("inner");
  await outside.sql("insert into t values (3)");
  await waitForRows(inner, 3);

  await bench.change("db", { role: "master", followConfig: null });
  await bench.waitConverged("db");
  await keeper.sql("insert into t values (4)");
  await waitForRows(inner, 4);
});
