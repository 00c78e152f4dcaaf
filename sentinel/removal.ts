// This module is pure.
/**
 * Dbs that are of no use any more. Removing one frees its keeper, which then gets a new db and makes it from what it has
 * if the histories allow. All of this waits for a master at rest, so that nothing is thrown away that an election might
 * still want.
 */
import type { ClusterData, Db } from "../cluster/clusterdata.ts";
import { DEFAULT_SEGMENT_BYTES, formatLsn } from "../cluster/lsn.ts";
import { decided, type DecisionEvent, type Facts } from "./events.ts";
import { hasConvergedAndIsHealthy, isFresh, keeperVerdict } from "./health.ts";
import { type Look, type Outcome, unchanged } from "./look.ts";
import { freshnessMs } from "./periods.ts";
import { invalidReason } from "./validity.ts";
import { dbsOf, isFormerMaster, masterAtRest, nameOf, namesOf, standbysOf, withoutDbs } from "./view.ts";

/** Reports in which a standby must have stood still before it is hopeless. */
const HOPELESS_AFTER_REPORTS = 10;

interface Removal {
  readonly db: Db;
  readonly event: DecisionEvent;
}

/**
 * A former master's db goes when its keeper lives (it can then become a standby) and the new master is certainly well:
 * with an error pending on the new master, the old one may still be needed. While its keeper is dead it stays as it is:
 * it may come back with everything.
 */
export function removeFormerMasters(data: ClusterData, look: Look): Outcome {
  const master = masterAtRest(data, look);
  if (master === undefined || !isFresh(look, master)) return unchanged(data);
  const removals = dbsOf(data).filter((db) =>
    isFormerMaster(data, db) && keeperVerdict(look, db.spec.keeperUID) === "alive"
  ).map((db): Removal => ({
    db,
    event: decided({
      rule: "former master",
      reason:
        `the db ${db.uid} of the former master is removed, so that keeper ${db.spec.keeperUID}, which lives, can ` +
        `become a standby of ${namesOf(data, [master.uid])}`,
    }),
  }));
  return remove(data, removals);
}

/**
 * An invalid db can never follow. Two reports that cross each other may look like that for a moment (a standby that
 * names the new timeline a little before its master), so the verdict must outlast a publishing period.
 */
export function removeInvalidDbs(data: ClusterData, look: Look): Outcome {
  const master = masterAtRest(data, look);
  if (master === undefined) return unchanged(data);
  const removals = standbysOf(data).flatMap((db): Removal[] => {
    const reason = invalidReason(db.status, master.status);
    const since = look.memory.dbs[db.uid]?.invalidSinceWatchedMs;
    if (reason === undefined || since === undefined) return [];
    if (look.memory.watchedMs - since < freshnessMs(look.spec)) return [];
    return [removal(db, { rule: "invalid db", why: `it can't follow the master: ${reason}`, facts: {} })];
  });
  return remove(data, removals);
}

/** A standby that waits for WAL which its master has already recycled will wait for ever. */
export function removeHopelessDbs(data: ClusterData, look: Look): Outcome {
  const master = masterAtRest(data, look);
  if (master === undefined) return unchanged(data);
  const removals = standbysOf(data).filter((db) => isHopeless(db, { master, look })).map((db) =>
    removal(db, {
      rule: "hopeless db",
      why: "it stands still and needs WAL that the master has recycled",
      facts: {
        position: formatLsn(db.status.xLogPos),
        masterPosition: formatLsn(master.status.xLogPos),
        masterOldestWalFile: master.status.olderWalFile,
      },
    })
  );
  return remove(data, removals);
}

function isHopeless(db: Db, { master, look }: { readonly master: Db; readonly look: Look }): boolean {
  const standstill = look.memory.dbs[db.uid]?.standstill;
  if (standstill === undefined || standstill.count < HOPELESS_AFTER_REPORTS) return false;
  if (!hasConvergedAndIsHealthy(db, look) || db.status.xLogPos === master.status.xLogPos) return false;
  const oldest = segmentOf(master.status.olderWalFile);
  return oldest !== undefined && db.status.xLogPos / DEFAULT_SEGMENT_BYTES < oldest;
}

/** Number of the segment that a WAL file holds, the timeline's digits ignored; undefined when the name isn't known. */
function segmentOf(walFile: string): bigint | undefined {
  const [, log, segment] = /^[0-9A-Fa-f]{8}([0-9A-Fa-f]{8})([0-9A-Fa-f]{8})$/.exec(walFile) ?? [];
  if (log === undefined || segment === undefined) return undefined;
  return BigInt(`0x${log}`) * (0x1_0000_0000n / DEFAULT_SEGMENT_BYTES) + BigInt(`0x${segment}`);
}

interface Why {
  readonly rule: "invalid db" | "hopeless db";
  readonly why: string;
  readonly facts: Facts;
}

function removal(db: Db, { rule, why, facts }: Why): Removal {
  return { db, event: decided({ rule, level: "warn", reason: `${nameOf(db)} is removed: ${why}`, facts }) };
}

function remove(data: ClusterData, removals: readonly Removal[]): Outcome {
  const uids = new Set(removals.map(({ db }) => db.uid));
  return { data: withoutDbs(data, uids), events: removals.map(({ event }) => event) };
}
