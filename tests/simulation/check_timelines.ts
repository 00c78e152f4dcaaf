/**
 * Two histories with the same timeline and switch point can't be told apart by PostgreSQL. They come about when an elected
 * standby dies right after its promotion, before anybody has heard of it, and another one is promoted from the same place:
 * PostgreSQL chooses the number, and neither can know of the other. What must never happen is that they are joined; that
 * is a violation where it happens (`receiver.ts`). Here the moment is noted, for the log.
 */
import type { Cluster } from "./cluster.ts";
import type { Machine } from "./machine.ts";
import type { Branch } from "./wal.ts";

export class TimelineChecker {
  readonly #known = new Map<string, { readonly branch: Branch; readonly machine: string }>();

  constructor(private readonly cluster: Cluster) {}

  promoted(machine: Machine): void {
    const branch = machine.disk.directory?.branch;
    if (branch === undefined) return;
    const key = `${branch.systemId} ${branch.timelineID} ${branch.forkLsn}`;
    const other = this.#known.get(key);
    if (other !== undefined && other.branch !== branch) {
      const both =
        `${machine.name} and ${other.machine} both began timeline ${branch.timelineID} at one switch point`;
      this.cluster.world.note("CHECKER", both);
    }
    this.#known.set(key, { branch, machine: machine.name });
  }
}
