/** What faults are made of: crashed machines, cut ways, and how to choose what they hit. */
import type { ClusterData } from "../../cluster/clusterdata.ts";
import type { Cluster } from "./cluster.ts";
import type { Fault } from "./faults.ts";
import type { Machine } from "./machine.ts";
import { STORE_NODE } from "./store.ts";

export type Undo = () => void;
/** Undefined: the fault can't be done now. */
export type Injection = (fault: Fault, cluster: Cluster) => Undo | undefined;

/** Machines that are off or frozen: no second such fault at a time. */
const busy = new WeakSet<Machine>();

export function targetIndex({ target, onMaster }: Fault, cluster: Cluster): number {
  return (onMaster ? masterIndex(cluster) : undefined) ?? target % cluster.machines.length;
}

/** The machine that the document's master is on. */
export function masterIndex(cluster: Cluster): number | undefined {
  const data = cluster.store.get("clusterdata")?.value as ClusterData | undefined;
  const keeperUid = data?.dbs[data.cluster?.status.master ?? ""]?.spec.keeperUID;
  const index = cluster.shape.keepers.findIndex((keeper) => keeper.uid === keeperUid);
  return index < 0 ? undefined : index;
}

export function onMachine(act: (machine: Machine, index: number, cluster: Cluster) => Undo): Injection {
  return (fault, cluster) => {
    const index = targetIndex(fault, cluster);
    const machine = cluster.machines[index];
    if (machine === undefined || busy.has(machine)) return undefined;
    busy.add(machine);
    const undo = act(machine, index, cluster);
    return () => {
      busy.delete(machine);
      undo();
    };
  };
}

export function crash(machine: Machine, index: number, cluster: Cluster): void {
  cluster.killKeeper(index);
  machine.server?.crash();
  machine.responsive = false;
}

export function restart(machine: Machine, index: number, cluster: Cluster): void {
  machine.responsive = true;
  cluster.startKeeper(index);
}

export function nodesOf(cluster: Cluster): string[] {
  return [STORE_NODE, ...[...cluster.machines, ...cluster.sentinels, ...cluster.proxies].map(nameOf)];
}

function nameOf(one: { readonly name: string } | { readonly node: string }): string {
  return "name" in one ? one.name : one.node;
}

export function pick<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}

/** Both directions. */
export function waysBetween(a: string, b: string): [from: string, to: string][] {
  return [[a, b], [b, a]];
}

/** Cuts ways; whoever loses the store gets a hint when it is back. */
export function cut(cluster: Cluster, ways: readonly (readonly [from: string, to: string])[]): Undo {
  const undos = ways.map(([from, to]) => cluster.network.cut(from, to));
  return () => {
    for (const undo of undos) undo();
    for (const [from, to] of ways) {
      if (from === STORE_NODE) cluster.store.hintAll(to);
      if (to === STORE_NODE) cluster.store.hintAll(from);
    }
  };
}

export function pairOf(fault: Fault, cluster: Cluster): [string, string] | undefined {
  const nodes = nodesOf(cluster);
  const a = fault.onMaster
    ? pick(cluster.machines, targetIndex(fault, cluster)).name
    : pick(nodes, fault.target);
  const b = fault.other % 2 === 0 ? pick(nodes, fault.other) : pick(cluster.machines, fault.other).name;
  if (a === b) return undefined;
  cluster.world.note("FAULT", `between ${a} and ${b}`);
  return [a, b];
}
