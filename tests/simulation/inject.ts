/** How each fault is done, and undone at its end. */
import type { Cluster } from "./cluster.ts";
import { describeFault, type Fault, type FaultKind } from "./faults.ts";
import { copyOfDisk, type Disk, emptyDisk } from "./machine.ts";
import { giveCommand, readmitKeeper } from "./operator.ts";
import { badDay, blindProxyAtElection, burst, crashAtPromotion } from "./bad_day.ts";
import {
  crash,
  cut,
  type Injection,
  masterIndex,
  nodesOf,
  onMachine,
  pairOf,
  pick,
  restart,
  targetIndex,
  type Undo,
  waysBetween,
} from "./fault_tools.ts";

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
    return pair && cut(cluster, waysBetween(pair[0], pair[1]));
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
      nodes.filter((node) => node !== one).flatMap((node) => waysBetween(one, node)),
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
  "restart sentinel": ({ target, other }, cluster) => {
    cluster.restartSentinel(target % cluster.sentinels.length, { resigns: other % 2 === 0 });
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
    burst(cluster, fault);
    return NOTHING;
  },
  "bad day": badDay,
  "crash at promotion": crashAtPromotion,
  "blind proxy at election": blindProxyAtElection,
  "operator": (fault, cluster) => {
    giveCommand(fault, cluster);
    return NOTHING;
  },
};
