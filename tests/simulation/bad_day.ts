/**
 * One standby loses the master, then the standby that could take over dies, and then the master: whoever is left has not
 * got everything. Single faults hardly ever come together like this.
 */
import type { ClusterData } from "../../cluster/clusterdata.ts";
import type { Cluster } from "./cluster.ts";
import { crash, cut, masterIndex, onMachine, pick, restart, type Undo, waysBetween } from "./fault_tools.ts";
import type { Fault } from "./faults.ts";
import { STORE_NODE } from "./store.ts";

interface Cast {
  readonly master: number;
  /** Dies first. */
  readonly first: number;
  /** Receives nothing meanwhile. */
  readonly lagging: number;
}

export function badDay(fault: Fault, cluster: Cluster): Undo | undefined {
  const cast = castOf(fault, cluster);
  if (cast === undefined) return undefined;
  const name = (index: number) => pick(cluster.machines, index).name;
  cluster.world.note(
    "FAULT",
    `${name(cast.lagging)} loses ${name(cast.master)}, ${name(cast.first)} will die, then ${
      name(cast.master)
    }`,
  );
  const undos = [cut(cluster, waysBetween(name(cast.master), name(cast.lagging)))];
  const crashLater = (index: number, share: number) =>
    cluster.world.after(fault.durationMs * share, () => {
      const undo = crashMachine({ ...fault, target: index, onMaster: false }, cluster);
      if (undo !== undefined) undos.push(undo);
    });
  if (fault.other % 3 === 0) cluster.world.after(fault.durationMs * 0.1, () => burst(cluster, fault));
  crashLater(cast.first, 0.2);
  crashLater(cast.master, 0.6);
  return () => {
    for (const undo of undos) undo();
  };
}

/** The master dies, and the elected one too, right after its promotion, before anybody has heard of it. */
export function crashAtPromotion(fault: Fault, cluster: Cluster): Undo | undefined {
  const undos: Undo[] = [];
  const add = (undo: Undo | undefined) => {
    if (undo !== undefined) undos.push(undo);
  };
  add(crashMachine({ ...fault, onMaster: true }, cluster));
  cluster.onPromotion = (machine) => {
    cluster.onPromotion = undefined;
    cluster.world.note("FAULT", `${machine.name} crashes right after its promotion`);
    add(crashMachine({ ...fault, target: cluster.machines.indexOf(machine), onMaster: false }, cluster));
  };
  return () => {
    cluster.onPromotion = undefined;
    for (const undo of undos) undo();
  };
}

/** The master dies, and at the very election a proxy that still forwards to it loses the store. */
export function blindProxyAtElection(fault: Fault, cluster: Cluster): Undo | undefined {
  const undos: Undo[] = [];
  const crashed = crashMachine({ ...fault, onMaster: true }, cluster);
  if (crashed !== undefined) undos.push(crashed);
  cluster.onElection = () => {
    cluster.onElection = undefined;
    const { node } = pick(cluster.proxies, fault.other);
    cluster.world.note("FAULT", `${node} loses the store`);
    undos.push(cut(cluster, waysBetween(node, STORE_NODE)));
  };
  return () => {
    cluster.onElection = undefined;
    for (const undo of undos) undo();
  };
}

/** So many writes that the WAL from before them is soon recycled where no slot keeps it. */
export function burst(cluster: Cluster, fault: Fault): void {
  const index = masterIndex(cluster);
  const server = index === undefined ? undefined : cluster.machines[index]?.server;
  if (server !== undefined && !server.inRecovery) {
    server.commit(1_000_000 * (1 + fault.other % 400), () => {});
  }
}

const crashMachine = onMachine((machine, index, cluster) => {
  crash(machine, index, cluster);
  return () => restart(machine, index, cluster);
});

/** The standby that dies first is a required one, the lagging one is not, where that can be had. */
function castOf(fault: Fault, cluster: Cluster): Cast | undefined {
  const data = cluster.store.get("clusterdata")?.value as ClusterData | undefined;
  const masterDb = data?.dbs[data.cluster?.status.master ?? ""];
  const master = masterIndex(cluster);
  if (data === undefined || masterDb === undefined || master === undefined) return undefined;
  if (cluster.machines.length < 3) return undefined;
  const required = (masterDb.spec.synchronousStandbys ?? []).map((uid) => data.dbs[uid]?.spec.keeperUID);
  const isRequired = (index: number) => required.includes(cluster.shape.keepers[index]?.uid);
  const others = [...cluster.machines.keys()].filter((index) => index !== master);
  const first = others.find(isRequired) ?? pick(others, fault.target);
  const lagging = others.find((index) => index !== first && !isRequired(index)) ??
    others.find((index) => index !== first) ?? first;
  return { master, first, lagging };
}
