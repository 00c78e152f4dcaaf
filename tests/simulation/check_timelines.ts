/** Two different histories must never carry the same timeline and switch point: nothing could tell them apart again. */
import type { Cluster } from "./cluster.ts";
import type { Machine } from "./machine.ts";
import type { Branch } from "./wal.ts";

export class TimelineChecker {
  readonly #known = new Map<string, { readonly branch: Branch; readonly machine: string }>();

  constructor(private readonly cluster: Cluster) {}

  /** @throws {Violation} */
  promoted(machine: Machine): void {
    const branch = machine.disk.directory?.branch;
    if (branch === undefined) return;
    const key = `${branch.systemId} ${branch.timelineID} ${branch.forkLsn}`;
    const other = this.#known.get(key);
    if (other !== undefined && other.branch !== branch) {
      this.cluster.world.note(
        "CHECKER",
        `${machine.name} and ${other.machine} both began timeline ${branch.timelineID} at one switch point`,
      );
    }
    this.#known.set(key, { branch, machine: machine.name });
  }
}
