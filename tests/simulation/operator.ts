/** An operator's commands: each reads the document, changes it and writes it over the revision that it read. */
import type { ClusterData } from "../../cluster/clusterdata.ts";
import { sortedKeys } from "../../cluster/clusterdata.ts";
import type { ClusterSpec } from "../../cluster/spec.ts";
import { specProblems } from "../../cluster/spec_validation.ts";
import { withoutKeeper } from "../../ctl/without_keeper.ts";
import type { Cluster } from "./cluster.ts";
import type { Fault } from "./faults.ts";
import { resolveSpec } from "../../cluster/spec_defaults.ts";

type Command = (data: ClusterData, fault: Fault) => ClusterData;

const COMMANDS: readonly (readonly [name: string, command: Command])[] = [
  [
    "update synchronousReplication",
    changeSpec((spec) => ({ synchronousReplication: !spec.synchronousReplication })),
  ],
  [
    "update maxStandbysPerSender",
    changeSpec((_spec, { target }) => ({ maxStandbysPerSender: 1 + target % 3 })),
  ],
  ["update usePgrewind", changeSpec((spec) => ({ usePgrewind: !spec.usePgrewind }))],
  [
    "update pgParameters",
    changeSpec((_spec, { target }) => ({ pgParameters: { work_mem: `${1 + target}MB` } })),
  ],
  [
    "update minSynchronousStandbys",
    changeSpec((_spec, { target }) => ({ minSynchronousStandbys: target % 2 })),
  ],
  [
    "update maxSynchronousStandbys",
    changeSpec((_spec, { target }) => ({ maxSynchronousStandbys: 1 + target % 2 })),
  ],
  ["failkeeper", failKeeper],
  ["failkeeper", failKeeper],
];

/** Reads, changes and writes between two events, so that no conflict can come in between. */
export function giveCommand(fault: Fault, cluster: Cluster): void {
  const entry = cluster.store.get("clusterdata");
  const data = entry?.value as ClusterData | undefined;
  const [name, command] = COMMANDS[fault.other % COMMANDS.length] ?? ["", (same: ClusterData) => same];
  if (entry === undefined || data === undefined || data.cluster === null || cluster.store.away) return;
  const value = command(data, fault);
  if (!canServe(value, cluster)) return;
  cluster.world.note("operator", name);
  cluster.store.swap({ key: "clusterdata", value, expected: entry.revision });
}

/**
 * What an operator does about a keeper that came back without the data of its assignment: nothing is ever deleted on
 * doubt, so it stays out until somebody says that it is to be a new one.
 */
export function readmitKeeper(index: number, cluster: Cluster): void {
  const uid = cluster.shape.keepers[index]?.uid ?? "";
  cluster.world.after(3000, () => {
    const entry = cluster.store.get("clusterdata");
    const data = entry?.value as ClusterData | undefined;
    if (entry === undefined || !data?.cluster || cluster.store.away) return readmitKeeper(index, cluster);
    const db = Object.values(data.dbs).find((one) => one.spec.keeperUID === uid);
    const held = cluster.machines[index]?.disk.dbState;
    const isComplete = held?.UID === db?.uid && !held?.Initializing;
    if (db === undefined || db.spec.initMode === "resync" || isComplete) return;
    const changed = withoutKeeper(data, uid);
    if (changed === undefined) return readmitKeeper(index, cluster);
    cluster.world.note("operator", `removekeeper ${uid}`);
    cluster.store.swap({ key: "clusterdata", value: changed, expected: entry.revision });
  });
}

/** A keeper that may not be synchronous must not take the place of one that may: there has to be a place for each. */
function canServe(data: ClusterData, cluster: Cluster): boolean {
  const { keepers } = cluster.shape;
  const { maxStandbysPerSender } = resolveSpec(data.cluster?.spec ?? cluster.initialSpec);
  return keepers.every((keeper) => keeper.canBeSynchronousReplica) ||
    maxStandbysPerSender >= keepers.length - 1;
}

function changeSpec(change: (spec: ClusterSpec, fault: Fault) => ClusterSpec): Command {
  return (data, fault) => {
    if (data.cluster === null) return data;
    const spec = { ...data.cluster.spec, ...change(data.cluster.spec, fault) };
    if (specProblems(spec).length > 0) return data;
    return { ...data, cluster: { ...data.cluster, spec } };
  };
}

function failKeeper(data: ClusterData, { target }: Fault): ClusterData {
  const uids = sortedKeys(data.keepers);
  const uid = uids[target % Math.max(1, uids.length)];
  const keeper = uid === undefined ? undefined : data.keepers[uid];
  if (keeper === undefined) return data;
  const status = { ...keeper.status, forceFail: true };
  return { ...data, keepers: { ...data.keepers, [keeper.uid]: { ...keeper, status } } };
}
