/**
 * Under synchronous replication every acknowledged write is on the elected master. Under asynchronous replication an
 * election may lose some; what it lost is no longer asked for.
 */
import type { ClusterData, Db } from "../../cluster/clusterdata.ts";
import type { DocumentChange } from "./checkers.ts";
import type { Cluster } from "./cluster.ts";
import type { DataDirectory, Machine } from "./machine.ts";
import { includes, type Position } from "./wal.ts";

const INVARIANT = "under synchronous replication every acknowledged write is on the elected master";

export class DurabilityChecker {
  /** Acknowledged, and not lost in an asynchronous election since. */
  #acknowledged: Position[] = [];
  /** The disk of the present master, as it is or was when it was elected. */
  #master:
    | { readonly dbUid: string; readonly directory: DataDirectory; readonly synchronous: boolean }
    | undefined;

  constructor(private readonly cluster: Cluster) {}

  acknowledged(position: Position): void {
    const master = this.#master;
    if (master !== undefined && !includes(positionOf(master.directory), position)) {
      if (master.synchronous) {
        this.#lost(position, `it was acknowledged after db ${master.dbUid} had been elected`);
      }
      return;
    }
    this.#acknowledged.push(position);
  }

  /** An election takes effect with the promotion, and no later than the proxies learn of it. */
  written({ before, after }: DocumentChange): void {
    const master = masterOf(after);
    const old = before === null ? undefined : masterOf(before);
    if (master === undefined || old === undefined || master.uid === old.uid) return;
    const directory = this.#machineOf(master)?.disk.directory;
    if (!directory) return;
    const synchronous = old.spec.synchronousReplication;
    const lost = this.#acknowledged.filter((position) => !includes(positionOf(directory), position));
    if (lost[0] !== undefined && synchronous) {
      this.#lost(
        lost[0],
        `${lost.length} of ${this.#acknowledged.length} are not on db ${master.uid}, elected after db ${old.uid}`,
      );
    }
    this.#acknowledged = this.#acknowledged.filter((position) => includes(positionOf(directory), position));
    this.#master = { dbUid: master.uid, directory, synchronous };
  }

  promoted(_machine: Machine): void {
    // A write that was on its way is judged when it is acknowledged.
  }

  #machineOf(db: Db): Machine | undefined {
    const index = this.cluster.shape.keepers.findIndex((keeper) => keeper.uid === db.spec.keeperUID);
    return this.cluster.machines[index];
  }

  #lost(position: Position, how: string): never {
    const where = `the write at ${position.lsn} on timeline ${position.branch.timelineID}`;
    return this.cluster.world.violated(INVARIANT, `${where} is missing: ${how}`);
  }
}

function positionOf(directory: DataDirectory): Position {
  return { branch: directory.branch, lsn: directory.lsn };
}

function masterOf(data: ClusterData): Db | undefined {
  return data.dbs[data.cluster?.status.master ?? ""];
}
