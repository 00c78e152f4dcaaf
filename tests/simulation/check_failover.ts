/** Once more, in peace: the master's machine dies for good, and another master is elected in time. */
import type { ClusterData, Db } from "../../cluster/clusterdata.ts";
import { resolveSpec } from "../../cluster/spec_defaults.ts";
import { livenessProblems } from "./check_liveness.ts";
import type { Cluster } from "./cluster.ts";
import { crash, masterIndex, restart } from "./fault_tools.ts";

/** For looks, reports and the network, on top of what the specification allows for silence. */
const MARGIN_MS = 8000;

/** How long the machine stays away. */
const AWAY_MS = 55_000;

/** Does nothing when the cluster isn't well, or nobody could be elected. The run breaks when the election is late. */
export function scheduleFailover(cluster: Cluster): void {
  const data = cluster.store.get("clusterdata")?.value as ClusterData | undefined;
  const index = masterIndex(cluster);
  const machine = index === undefined ? undefined : cluster.machines[index];
  if (!data?.cluster || index === undefined || machine === undefined) return;
  if (livenessProblems(cluster).length > 0 || !hasSuccessor(data)) return;
  const { failIntervalMs, sleepIntervalMs } = resolveSpec(data.cluster.spec);
  const elections = cluster.checkers.elections;
  cluster.world.note("FAULT", `${machine.name}, which has the master, dies in peace`);
  crash(machine, index, cluster);
  cluster.world.after(Math.max(failIntervalMs, 2 * sleepIntervalMs) + sleepIntervalMs + MARGIN_MS, () => {
    if (cluster.checkers.elections > elections) return;
    cluster.world.violated("a master that died is replaced in time", `${machine.name} is still the master's`);
  });
  cluster.world.after(AWAY_MS, () => {
    cluster.world.note("FAULT", `${machine.name} is back`);
    restart(machine, index, cluster);
  });
}

function hasSuccessor(data: ClusterData): boolean {
  const master = data.dbs[data.cluster?.status.master ?? ""];
  if (master === undefined) return false;
  return Object.values(data.dbs).some((db) => db.uid !== master.uid && canSucceed(data, { db, master }));
}

function canSucceed(data: ClusterData, { db, master }: { readonly db: Db; readonly master: Db }): boolean {
  const keeper = data.keepers[db.spec.keeperUID];
  if (keeper?.status.canBeMaster === false || !keeper?.status.healthy || !db.status.healthy) return false;
  if (!master.spec.synchronousReplication) return true;
  return (master.spec.synchronousStandbys ?? []).includes(db.uid) &&
    master.status.synchronousStandbys.includes(db.uid);
}
