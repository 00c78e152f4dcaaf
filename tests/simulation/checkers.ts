/** The invariants, checked while the simulation runs. Each is in a file of its own; here they get to hear what happens. */
import type { ClusterData } from "../../cluster/clusterdata.ts";
import type { KeeperInfo } from "../../cluster/infos.ts";
import { checkForwarding } from "./check_forwarding.ts";
import { DocumentChecker } from "./check_document.ts";
import { DurabilityChecker } from "./check_durability.ts";
import { TimelineChecker } from "./check_timelines.ts";
import type { Cluster } from "./cluster.ts";
import type { Machine } from "./machine.ts";
import type { Position } from "./wal.ts";

export class Checkers {
  readonly #document: DocumentChecker;
  readonly #durability: DurabilityChecker;
  readonly #timelines: TimelineChecker;

  constructor(cluster: Cluster) {
    this.#document = new DocumentChecker(cluster);
    this.#durability = new DurabilityChecker(cluster);
    this.#timelines = new TimelineChecker(cluster);
    cluster.world.afterEachEvent(() => checkForwarding(cluster));
    cluster.store.onWrite = (key, value, before) => {
      if (key === "clusterdata") {
        const change = { before: (before ?? null) as ClusterData | null, after: value as ClusterData };
        this.#document.written(change);
        this.#durability.written(change);
      } else if (key.startsWith("keepers/info/")) this.#document.reported(value as KeeperInfo);
    };
  }

  promoted(machine: Machine): void {
    this.#timelines.promoted(machine);
  }

  acknowledged(position: Position): void {
    this.#durability.acknowledged(position);
  }

  get elections(): number {
    return this.#document.elections;
  }
}

/** One write of the document. */
export interface DocumentChange {
  readonly before: ClusterData | null;
  readonly after: ClusterData;
}
