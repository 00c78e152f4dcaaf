/** One machine of a keeper: its clocks, its disk, and the PostgreSQL server that may run on it. */
import type { DbState, KeeperState } from "../../keeper/state/local_state.ts";
import type { Clock } from "./clock.ts";
import type { PostgresServer } from "./postgres.ts";
import type { Wiring } from "./receiver.ts";
import type { Branch } from "./wal.ts";

/** What lies in `<data-dir>/postgres`. */
export interface DataDirectory {
  branch: Branch;
  lsn: number;
  /** Timeline of the last checkpoint: behind for a while after a promotion. */
  checkpointTimelineID: number;
  /** Start of the oldest WAL that is still there. */
  oldestWal: number;
  cleanlyStopped: boolean;
  wasStandby: boolean;
  standbySignal: boolean;
  recoverySignal: boolean;
  configuration: string | null;
  hba: string | null;
  readonly slots: Map<string, number>;
}

/** What survives a crash of the machine. */
export interface Disk {
  keeperState: KeeperState | null;
  dbState: DbState | null;
  /** Null: there is nothing, or nothing that can be read. */
  directory: DataDirectory | null;
}

export function emptyDisk(): Disk {
  return { keeperState: null, dbState: null, directory: null };
}

/** As a backup of the whole disk would hold it. */
export function copyOfDisk(disk: Disk): Disk {
  const { directory } = disk;
  return {
    ...disk,
    directory: directory === null ? null : { ...directory, slots: new Map(directory.slots) },
  };
}

export interface Machine {
  readonly name: string;
  readonly address: string;
  readonly clock: Clock;
  readonly wiring: Wiring;
  disk: Disk;
  server: PostgresServer | undefined;
  /** Off or frozen: nothing on it answers. */
  responsive: boolean;
  /** How much longer everything on the disk takes. */
  diskSlowness: number;
}
