/** How each fault is done, and undone at its end. */
import type { Cluster } from "./cluster.ts";
import { describeFault, type Fault, type FaultKind } from "./faults.ts";
import { copyOfDisk, type Disk, emptyDisk, type Machine } from "./machine.ts";
import { giveCommand, readmitKeeper } from "./operator.ts";
import { STORE_NODE } from "./store.ts";
import type { ClusterData } from "../../cluster/clusterdata.ts";

type Undo = () => void;
/** Undefined: the fault can't be done now. */
type Injection = (fault: Fault, cluster: Cluster) => Undo | undefined;

const NOTHING: Undo = () => {};

/** Puts all faults on the calendar. */
export function scheduleFaults(cluster: Cluster, faults: readonly Fault[]): void {
  const { world } = cluster;
  for (const fault of faults) {
    world.at(fault.atMs, () => {
      const undo = INJECTIONS[fault.kind](fault, cluster);
      if (undo === undefined) return;
      world.note("FAULT", describeFault(fault, cluster.shape));
      world.after(fault.durationMs, () => {
        if (undo !== NOTHING) world.note("FAULT", `end of: ${fault.kind}`);
        undo();
      });
    });
  }
}

/** Machines that are off or frozen: no second such fault at a time. */
const busy = new WeakSet<Machine>();

function targetIndex({ target, onMaster }: Fault, cluster: Cluster): number {
  return (onMaster ? masterIndex(cluster) : undefined) ?? target % cluster.machines.length;
}

/** The machine that the document's master is on. */
export function masterIndex(cluster: Cluster): number | undefined {
  const data = cluster.store.get("clusterdata")?.value as ClusterData | undefined;
  const keeperUid = data?.dbs[data.cluster?.status.master ?? ""]?.spec.keeperUID;
  const index = cluster.shape.keepers.findIndex((keeper) => keeper.uid === keeperUid);
  return index < 0 ? undefined : index;
}

function onMachine(act: (machine: Machine, index: number, cluster: Cluster) => Undo): Injection {
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

function crash(machine: Machine, index: number, cluster: Cluster): void {
  cluster.killKeeper(index);
  machine.server?.crash();
  machine.responsive = false;
}

function restart(machine: Machine, index: number, cluster: Cluster): void {
  machine.responsive = true;
  cluster.startKeeper(index);
}

/**
 * The machine crashes in the middle of the fault and comes back with another disk. Never the master's: the only copy of
 * the data would be gone, and no decision could bring it back.
 */
function crashAndExchange(otherDisk: (before: Disk) => Disk): Injection {
  return (fault, cluster) =>
    onMachine((machine, index) => {
      const disk = otherDisk(copyOfDisk(machine.disk));
      cluster.world.after(fault.durationMs / 2, () => crash(machine, index, cluster));
      return () => {
        const master = masterIndex(cluster);
        if (master !== undefined && master !== index) {
          cluster.world.note(machine.name, "comes back with another disk");
          machine.disk = disk;
        }
        restart(machine, index, cluster);
        readmitKeeper(index, cluster);
      };
    })(fault, cluster);
}

function nodesOf(cluster: Cluster): string[] {
  return [STORE_NODE, ...[...cluster.machines, ...cluster.sentinels, ...cluster.proxies].map(nameOf)];
}

function nameOf(one: { readonly name: string } | { readonly node: string }): string {
  return "name" in one ? one.name : one.node;
}

function pick<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}

/** Cuts ways; whoever loses the store gets a hint when it is back. */
function cut(cluster: Cluster, ways: readonly (readonly [from: string, to: string])[]): Undo {
  const undos = ways.map(([from, to]) => cluster.network.cut(from, to));
  return () => {
    for (const undo of undos) undo();
    for (const [from, to] of ways) {
      if (from === STORE_NODE) cluster.store.hintAll(to);
      if (to === STORE_NODE) cluster.store.hintAll(from);
    }
  };
}

function pairOf(fault: Fault, cluster: Cluster): [string, string] | undefined {
  const nodes = nodesOf(cluster);
  const a = fault.onMaster
    ? pick(cluster.machines, targetIndex(fault, cluster)).name
    : pick(nodes, fault.target);
  const b = pick(nodes, fault.other);
  if (a === b) return undefined;
  cluster.world.note("FAULT", `between ${a} and ${b}`);
  return [a, b];
}

const INJECTIONS: Readonly<Record<FaultKind, Injection>> = {
  "kill keeper": onMachine((_machine, index, cluster) => {
    cluster.killKeeper(index);
    return () => cluster.startKeeper(index);
  }),
  "crash machine": onMachine((machine, index, cluster) => {
    crash(machine, index, cluster);
    return () => restart(machine, index, cluster);
  }),
  "crash machine, disk lost": crashAndExchange(() => emptyDisk()),
  "crash machine, older disk": crashAndExchange((before) => before),
  "crash postgres": (fault, cluster) => {
    const { server } = pick(cluster.machines, targetIndex(fault, cluster));
    if (server === undefined) return undefined;
    server.crash();
    return NOTHING;
  },
  "freeze machine": onMachine((machine, index, cluster) => {
    const keeper = cluster.keepers[index];
    keeper?.process.freeze();
    machine.responsive = false;
    return () => {
      machine.responsive = true;
      keeper?.process.thaw();
    };
  }),
  "freeze keeper": onMachine((_machine, index, cluster) => {
    const keeper = cluster.keepers[index];
    keeper?.process.freeze();
    return () => keeper?.process.thaw();
  }),
  "cut pair": (fault, cluster) => {
    const pair = pairOf(fault, cluster);
    return pair && cut(cluster, [[pair[0], pair[1]], [pair[1], pair[0]]]);
  },
  "cut one way": (fault, cluster) => {
    const pair = pairOf(fault, cluster);
    return pair && cut(cluster, [pair]);
  },
  "isolate": (fault, cluster) => {
    const nodes = nodesOf(cluster);
    const one = fault.onMaster
      ? pick(cluster.machines, targetIndex(fault, cluster)).name
      : pick(nodes, fault.target);
    cluster.world.note("FAULT", `around ${one}`);
    return cut(
      cluster,
      nodes.filter((node) => node !== one).flatMap((node) => [[one, node], [node, one]] as const),
    );
  },
  "store away": (_fault, cluster) => {
    if (cluster.store.away) return undefined;
    cluster.store.goAway();
    return () => cluster.store.comeBack();
  },
  "slow network": ({ target }, cluster) => {
    const extraMs = 50 + target % 750;
    cluster.network.extraDelayMs += extraMs;
    return () => cluster.network.extraDelayMs -= extraMs;
  },
  "late hints": ({ target }, cluster) => {
    const extraMs = 1000 + (target % 30) * 1000;
    cluster.store.hintDelayMs += extraMs;
    return () => cluster.store.hintDelayMs -= extraMs;
  },
  "slow disk": (fault, cluster) => {
    const machine = pick(cluster.machines, targetIndex(fault, cluster));
    const extraMs = 20 + fault.other * 3;
    machine.diskSlowness += extraMs;
    return () => machine.diskSlowness -= extraMs;
  },
  "freeze sentinel": ({ target }, cluster) => {
    const { process } = pick(cluster.sentinels, target);
    process.freeze();
    return () => process.thaw();
  },
  "restart sentinel": ({ target }, cluster) => {
    cluster.restartSentinel(target % cluster.sentinels.length);
    return NOTHING;
  },
  "freeze proxy": ({ target }, cluster) => {
    const { process } = pick(cluster.proxies, target);
    process.freeze();
    return () => process.thaw();
  },
  "restart proxy": ({ target }, cluster) => {
    cluster.restartProxy(target % cluster.proxies.length);
    return NOTHING;
  },
  "lose leadership": (_fault, cluster) => {
    cluster.store.revokeLeader();
    return NOTHING;
  },
  "set wall clock": (fault, cluster) => {
    const jumpMs = (fault.other - 500) * 10_000;
    pick(cluster.clocks, fault.target).jump(jumpMs);
    return NOTHING;
  },
  "burst of writes": (fault, cluster) => {
    const index = masterIndex(cluster);
    const server = index === undefined ? undefined : cluster.machines[index]?.server;
    if (server === undefined || server.inRecovery) return undefined;
    server.commit(1_000_000 * (1 + fault.other % 400), () => {});
    return NOTHING;
  },
  "operator": (fault, cluster) => {
    giveCommand(fault, cluster);
    return NOTHING;
  },
};
