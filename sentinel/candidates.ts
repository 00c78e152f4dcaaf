// This module is pure.
/**
 * Who may become master. Each candidate either may, or comes with every reason why not: "no eligible master" at three in
 * the morning is only bearable with a list.
 */
import type { ClusterData, Db } from "../cluster/clusterdata.ts";
import { formatLsn } from "../cluster/lsn.ts";
import type { Facts } from "./events.ts";
import { convergence, errorMs, isFresh, isGood, keeperVerdict, reportsHealthy } from "./health.ts";
import type { Look } from "./look.ts";
import { dbsOf, isHead } from "./view.ts";
import { invalidReason } from "./validity.ts";

/** A db beside the master, and what speaks against electing it. */
export interface Candidate {
  readonly db: Db;
  /** Why it can't be elected, as clauses; empty: it can, given a fresh report. */
  readonly objections: readonly string[];
  /** Its last report is healthy and recent enough to elect it now. */
  readonly fresh: boolean;
  /** What moves by itself. */
  readonly facts: Facts;
}

/** Every db but the master's, most advanced first, then by UID. */
export function candidatesOf(data: ClusterData, { master, look }: Succession): Candidate[] {
  return dbsOf(data).filter((db) => db.uid !== master.uid)
    .map((db) => judge(data, { db, master, look }))
    .sort((a, b) => byPosition(b.db, a.db) || (a.db.uid < b.db.uid ? -1 : 1));
}

/** A master that has to be replaced. */
export interface Succession {
  readonly master: Db;
  readonly look: Look;
}

type Case = Succession & { readonly db: Db };

function judge(data: ClusterData, candidacy: Case): Candidate {
  const { db, look } = candidacy;
  return {
    db,
    objections: [
      ...healthObjections(data, candidacy),
      ...historyObjections(candidacy),
      ...permissionObjections(data, candidacy),
      ...dataObjections(candidacy),
    ],
    fresh: isFresh(look, db),
    facts: { position: formatLsn(db.status.xLogPos), timeline: db.status.timelineID },
  };
}

function healthObjections(data: ClusterData, { db, look }: Case): string[] {
  const keeper = db.spec.keeperUID;
  const verdict = keeperVerdict(look, keeper);
  if (verdict === "silent") return [`its keeper ${keeper} is dead`];
  if (verdict === "unseen") return [`this sentinel has not yet seen a sign of life of its keeper ${keeper}`];
  if (db.status.currentGeneration === 0) return ["it has never been completed"];
  if (convergence(look, db) === "failed") return ["it has not reached its generation within its time"];
  if (errorMs(look, db) !== undefined || !reportsHealthy(look, db)) return ["its keeper reports it in error"];
  return isGood(data, db, look) ? [] : ["it is unhealthy"];
}

/**
 * Only the same past counts. A candidate on another timeline than the one that the master last reported may lack what
 * was written there, or have something else instead.
 */
function historyObjections({ db, master }: Case): string[] {
  if (db.status.timelineID === 0) return [];
  const invalid = invalidReason(db.status, master.status);
  if (invalid !== undefined) return [invalid];
  if (db.status.timelineID === master.status.timelineID) return [];
  return [
    `it is on timeline ${db.status.timelineID}, and the master last reported ${master.status.timelineID}`,
  ];
}

function permissionObjections(data: ClusterData, { db }: Case): string[] {
  const allowed = data.keepers[db.spec.keeperUID]?.status.canBeMaster !== false;
  return allowed ? [] : ["its keeper was started with --can-be-master=false"];
}

/**
 * What of the data may be missing. The rule is the one under which the master acknowledged its writes: what its own
 * assignment says, not what the cluster spec says by now.
 *
 * Synchronous: the master named the required standbys and waited for every one of them; a standby that was required and
 * known in sync has every acknowledged write, in whatever position. Required alone isn't enough (it may never have
 * caught up), known in sync alone neither (it may have left the set since). One whose position is below what it
 * once reported has lost data behind our back (a restored disk), so it has nothing to prove with.
 *
 * Asynchronous: at most `maxStandbyLag` behind the highest position that the master is known to have had.
 */
function dataObjections(candidacy: Case): string[] {
  const { db, master } = candidacy;
  if (db.status.currentGeneration === 0) return [];
  return master.spec.synchronousReplication ? synchronousObjections(candidacy) : lagObjections(candidacy);
}

function synchronousObjections({ db, master, look }: Case): string[] {
  const objections: string[] = [];
  if (!(master.spec.synchronousStandbys ?? []).includes(db.uid)) {
    objections.push("the master did not require it to be in sync");
  }
  if (!master.status.synchronousStandbys.includes(db.uid)) objections.push("it is not known to be in sync");
  if (db.status.xLogPos < highestKnown(look, db)) {
    objections.push("it is behind a position that it has reported before: its data went back");
  }
  return objections;
}

function lagObjections({ db, master, look }: Case): string[] {
  if (highestKnown(look, master) - db.status.xLogPos <= look.spec.maxStandbyLagBytes) return [];
  return [`it lags the master by more than maxStandbyLag (${look.spec.maxStandbyLagBytes} bytes)`];
}

/** The highest position that this db is known to have had. */
export function highestKnown(look: Look, db: Db): bigint {
  const remembered = look.memory.dbs[db.uid]?.highestLsn ?? 0n;
  return remembered > db.status.xLogPos ? remembered : db.status.xLogPos;
}

/** Order of received positions, for sorting. */
export function byPosition(a: Db, b: Db): number {
  if (a.status.xLogPos === b.status.xLogPos) return 0;
  return a.status.xLogPos < b.status.xLogPos ? -1 : 1;
}

/** What a candidate is in words. */
export function candidateName(db: Db): string {
  const kind = isHead(db) ? "former master" : "standby";
  return `${kind} ${db.uid} on keeper ${db.spec.keeperUID}`;
}
