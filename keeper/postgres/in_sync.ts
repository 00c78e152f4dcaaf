// This module is pure.
/**
 * Which standbys may be reported in sync. PostgreSQL calls a standby `sync` as soon as its name is in the list; commits
 * that were acknowledged just before may be missing on it. It counts once it has flushed past the position at which it
 * was first seen as `sync`, since from there on every acknowledged commit waited for it.
 */
import { dbUidOfStandbyName } from "./synchronous_names.ts";

/** A row of `pg_stat_replication` whose state is `sync`. */
export interface SyncStandby {
  readonly name: string;
  /** Of its walsender: another one is another stretch of being in sync. */
  readonly pid: string;
  readonly flushed: bigint;
}

/** A standby on its way: what it has to flush, and whether it has. */
export interface SyncStretch {
  readonly pid: string;
  readonly from: bigint;
  readonly confirmed: boolean;
}

/** By name of the standby. Begin with an empty one at each start of PostgreSQL. */
export type SyncStretches = ReadonlyMap<string, SyncStretch>;

/**
 * Carries the stretches on to what is seen now. `position`: end of WAL at the primary, read after the rows were. A commit
 * beyond it began when the standby was `sync` already; one between an earlier reading and the rows may have been
 * acknowledged without it.
 */
export function continueStretches(
  before: SyncStretches,
  { seen, position }: { readonly seen: readonly SyncStandby[]; readonly position: bigint },
): SyncStretches {
  return new Map(seen.map((standby): [string, SyncStretch] => {
    const known = before.get(standby.name);
    const stretch = known?.pid === standby.pid
      ? known
      : { pid: standby.pid, from: position, confirmed: false };
    return [standby.name, { ...stretch, confirmed: stretch.confirmed || standby.flushed >= stretch.from }];
  }));
}

/** UIDs of the dbs that count, sorted. Names that aren't ours are left out. */
export function confirmedDbUids(stretches: SyncStretches): readonly string[] {
  return [...stretches].filter(([, stretch]) => stretch.confirmed)
    .flatMap(([name]) => dbUidOfStandbyName(name) ?? []).sort();
}
