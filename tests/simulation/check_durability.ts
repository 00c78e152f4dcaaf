/**
 * Under synchronous replication every acknowledged write is on the elected master. Under asynchronous replication an
 * election may lose some; what it lost is no longer asked for.
 */
import type { ClusterData, Db } from "../../cluster/clusterdata.ts";
import { resolveSpec } from "../../cluster/spec_defaults.ts";
import type { DocumentChange } from "./checkers.ts";
import type { Cluster } from "./cluster.ts";
import type { DataDirectory, Machine } from "./machine.ts";
import { includes, type Position } from "./wal.ts";

const INVARIANT = "under synchronous replication every acknowledged write is on the elected master";

/** A primary that nobody could reach may follow an older rule for long: every fault has ended and settled by then. */
const SETTLED_MS = 120_000;

export class DurabilityChecker {
  /** Acknowledged, and not lost in an asynchronous election since. */
  #acknowledged: Position[] = [];
  /** The disk of the present master, as it is or was when it was elected. */
  #master:
    | { readonly dbUid: string; readonly directory: DataDirectory; readonly synchronous: boolean }
    | undefined;

  /** When a write could last be acknowledged alone. */
  #asynchronousMs = 0;

  constructor(private readonly cluster: Cluster) {}

  acknowledged(position: Position): void {
    this.#checkConfirmed(position);
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
    const old = before?.cluster?.status.phase === "normal" ? masterOf(before) : undefined;
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

  /** While a minimum is in force nothing is acknowledged that only one machine has. */
  #checkConfirmed(position: Position): void {
    const data = this.cluster.store.get("clusterdata")?.value as ClusterData | undefined;
    const { synchronousReplication, minSynchronousStandbys } = resolveSpec(
      data?.cluster?.spec ?? this.cluster.initialSpec,
    );
    if (!synchronousReplication || minSynchronousStandbys === 0) {
      this.#asynchronousMs = this.cluster.world.nowMs;
    }
    // The specification settles, is mirrored, and the primary reloads; meanwhile the old rule may hold.
    if (this.cluster.world.nowMs - this.#asynchronousMs < SETTLED_MS) return;
    const holders = this.cluster.machines.filter(({ disk }) =>
      disk.directory !== null && includes(positionOf(disk.directory), position)
    );
    if (holders.length < 2) this.#lost(position, "it was acknowledged, and only one machine has it");
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
