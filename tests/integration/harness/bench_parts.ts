/** Situations that several keeper tests begin with. */
import type { DbSpec } from "../../../cluster/clusterdata.ts";
import type { BenchKeeper, KeeperBench } from "./keeper_bench.ts";
import { waitUntil } from "./wait.ts";

/** Assignment of a standby of this db. */
export function following(dbUid: string, more: Partial<DbSpec> = {}): Partial<DbSpec> {
  return { initMode: "resync", role: "standby", followConfig: { type: "internal", dbuid: dbUid }, ...more };
}

/** A primary, db `primary` on keeper `primary_keeper`, with a table `t` of one row. */
export async function startPrimary(bench: KeeperBench, spec: Partial<DbSpec> = {}): Promise<BenchKeeper> {
  const keeper = await bench.keeper("primary_keeper");
  await bench.assign("primary", keeper.uid, { initMode: "new", ...spec });
  await keeper.start();
  await bench.waitConverged("primary");
  await bench.change("primary", { initMode: "none" });
  await bench.waitConverged("primary");
  await keeper.sql("create table t as select 1 as i");
  return keeper;
}

/** A standby of db `primary`, which has the row. */
export async function startStandby(
  bench: KeeperBench,
  { uid, db, spec = {} }: { readonly uid: string; readonly db: string; readonly spec?: Partial<DbSpec> },
): Promise<BenchKeeper> {
  const keeper = await bench.keeper(uid);
  const { data } = await bench.view.readClusterData();
  const followers = new Set([...data?.dbs["primary"]?.spec.followers ?? [], db]);
  await bench.change("primary", { followers: [...followers].sort() });
  await bench.assign(db, uid, following("primary", spec));
  await keeper.start();
  await bench.waitConverged(db);
  await bench.change(db, { initMode: "none" });
  await bench.waitConverged(db);
  await waitForRows(keeper, 1);
  return keeper;
}

/** Waits until the instance is a standby that shows this many rows of `t`. */
export async function waitForRows(keeper: BenchKeeper, rows: number): Promise<void> {
  await waitUntil(`${rows} rows on the standby ${keeper.uid}`, async () => {
    const [row] = await keeper.sql("select count(*)::int as n, pg_is_in_recovery() as r from t");
    return row?.["n"] === rows && row?.["r"] === true;
  });
}

/** Makes the standby's db the primary; `primary` is forgotten. */
export async function promote(
  bench: KeeperBench,
  { db, followers = [], more = {} }: {
    readonly db: string;
    readonly followers?: readonly string[];
    readonly more?: Partial<DbSpec>;
  },
): Promise<void> {
  await bench.edit((data) => {
    const { primary: _gone, ...dbs } = data.dbs;
    return { ...data, dbs };
  });
  await bench.change(db, { initMode: "none", role: "master", followConfig: null, followers, ...more });
  await bench.waitConverged(db);
}
