// This module is pure.
/**
 * Which standbys the primary has to wait for, and which of them are known to have everything.
 *
 * *Required* is what the primary's `synchronous_standby_names` will say: it waits for every name in it. *Known in sync* is
 * what an election rests on. The promise: **at every instant some standby that may be elected has every acknowledged
 * write** (or nothing is acknowledged). It holds because
 *
 * - a standby enters the known ones only while it is required, from a report that the master made under the very
 *   generation that requires it, and when it has received what was acknowledged before: either the keeper says that it
 *   has waited for that, or the standby itself reports the position of that report (`sync_marks.ts`). From then on the
 *   primary waits for it, so it keeps having everything, its connection being up or not: it stays;
 * - it leaves the known ones in the same write in which it leaves the required ones: from then on the primary may
 *   acknowledge without it;
 * - a change goes through the union of old and new. The old ones are let go only when *all* of the new ones are known in
 *   sync; whichever of the two documents the primary has applied, all known ones of either are among those it waits for;
 * - when there are too few, a name that cannot exist fills the gap, and the primary acknowledges nothing.
 *
 * Where nobody has been known yet (synchronous replication was just switched on, or all of them are gone), the required
 * ones confirm each commit, but nobody may be elected before having proved itself: nothing is lost, at worst the cluster
 * waits for its master.
 *
 * Nothing is changed while the master is unhealthy: it may be acknowledging under the old rule.
 */
import type { ClusterData, Db } from "../cluster/clusterdata.ts";
import { sameValue } from "../cluster/same_value.ts";
import { byPosition } from "./candidates.ts";
import { decided } from "./events.ts";
import { isFresh, isGood } from "./health.ts";
import { type Look, type Outcome, unchanged } from "./look.ts";
import { specIsSettling } from "./mirror_spec.ts";
import { NOT_SYNCHRONOUS, replicatesSynchronously } from "./new_db.ts";
import { reportInForce } from "./sync_marks.ts";
import { setEvents } from "./synchronous_set_events.ts";
import { invalidReason } from "./validity.ts";
import { masterOf, masterUid, nameOf, standbysOf, withDb, withDbSpec } from "./view.ts";

/** A standby that cannot exist: named as required, it makes the primary acknowledge nothing. */
export const FAKE_STANDBY = "stolonfakestandby";

/** Brings required and known standbys of the master up to date. */
export function updateSynchronousSet(data: ClusterData, look: Look): Outcome {
  const master = masterOf(data);
  if (data.cluster?.status.phase !== "normal" || master === undefined) return unchanged(data);
  if (masterUid(data) !== masterUid(look.original) || specIsSettling(look)) return unchanged(data);
  if (!replicatesSynchronously(look.spec)) return switchOff(data, master);
  // A master that may be dead already would never hear that it should replicate synchronously, but its successor would
  // be chosen as if it had.
  if (!master.spec.synchronousReplication && !isFresh(look, master)) return unchanged(data);
  return master.status.healthy ? update(data, { master, look }) : unchanged(data);
}

/** Nobody is required any more, so nobody is known to have everything. */
function switchOff(data: ClusterData, master: Db): Outcome {
  const asynchronous = withDbSpec(data, master.uid, NOT_SYNCHRONOUS);
  if (asynchronous === data) return unchanged(data);
  const db = asynchronous.dbs[master.uid] ?? master;
  const event = decided({
    rule: "synchronous set",
    level: "warn",
    reason: `${nameOf(master)} replicates asynchronously from now on, as the cluster spec says`,
    facts: { wasRequired: master.spec.synchronousStandbys ?? [] },
  });
  return {
    data: withDb(asynchronous, { ...db, status: { ...db.status, synchronousStandbys: [] } }),
    events: [event],
  };
}

interface Update {
  readonly master: Db;
  readonly look: Look;
}

function update(data: ClusterData, { master, look }: Update): Outcome {
  const before = (master.spec.synchronousStandbys ?? []).filter((uid) => data.dbs[uid] !== undefined);
  const known = knownInSync(data, { master, look, required: before });
  const wanted = wantedSet(data, { master, look, before, known });
  const complete = wanted.standbys.every((uid) => known.includes(uid));
  const required = complete ? wanted.standbys : union(before, wanted.standbys);
  const mustBlock = wanted.tooFew ||
    (!complete && (master.spec.externalSynchronousStandbys ?? []).length > 0);
  const changed = withDbSpec(data, master.uid, {
    synchronousReplication: true,
    synchronousStandbys: required.toSorted(),
    externalSynchronousStandbys: mustBlock ? [FAKE_STANDBY] : [],
  });
  const stillKnown = known.filter((uid) => required.includes(uid)).toSorted();
  const updated = withKnown(changed, { master, stillKnown });
  const after = updated.dbs[master.uid] ?? master;
  const change = { data, before: master, after, wanted: wanted.standbys, tooFew: wanted.tooFew };
  return { data: updated, events: setEvents(change) };
}

function withKnown(
  data: ClusterData,
  { master, stillKnown }: { readonly master: Db; readonly stillKnown: readonly string[] },
): ClusterData {
  const db = data.dbs[master.uid] ?? master;
  if (sameValue(db.status.synchronousStandbys, stillKnown)) return data;
  return withDb(data, { ...db, status: { ...db.status, synchronousStandbys: stillKnown } });
}

/** Those of the required ones that were known before, and those that prove it now. */
function knownInSync(
  data: ClusterData,
  { master, look, required }: Update & { readonly required: readonly string[] },
): string[] {
  const report = reportInForce(master, [...look.keeperInfos.values()]);
  return required.filter((uid) => {
    if (master.status.synchronousStandbys.includes(uid)) return true;
    const wasRequired = look.original.dbs[master.uid]?.spec.synchronousStandbys?.includes(uid) ?? false;
    if (!wasRequired || !report?.synchronousStandbys.includes(uid)) return false;
    if (report.synchronousStandbysConfirmed) return true;
    const mark = look.memory.syncMarks[uid];
    const received = data.dbs[uid]?.status.xLogPos ?? 0n;
    return mark?.masterDbUid === master.uid && received >= mark.lsn;
  });
}

interface Wanted {
  readonly standbys: readonly string[];
  /** Fewer than the minimum: the primary must block. */
  readonly tooFew: boolean;
}

interface Situation extends Update {
  readonly before: readonly string[];
  readonly known: readonly string[];
}

/**
 * The set that we would like to end with: the good ones of before, filled up to the maximum with the most advanced good
 * ones, and if that is below the minimum, the failed ones of before, which can still come back with everything.
 */
function wantedSet(data: ClusterData, { master, look, before, known }: Situation): Wanted {
  const { minSynchronousStandbys: min, maxSynchronousStandbys: max } = look.spec;
  const suitable = suitableStandbys(data, { master, look });
  const rank = (uid: string) => (before.includes(uid) ? 2 : 0) + (known.includes(uid) ? 1 : 0);
  const best = suitable.toSorted((a, b) =>
    rank(b.uid) - rank(a.uid) || byPosition(b, a) || (a.uid < b.uid ? -1 : 1)
  ).slice(0, max).map((db) => db.uid);
  const failed = before.filter((uid) => !best.includes(uid) && !suitable.some((db) => db.uid === uid))
    .toSorted((a, b) => rank(b) - rank(a));
  const standbys = [...best, ...failed.slice(0, Math.max(0, min - best.length))];
  return { standbys, tooFew: standbys.length < min };
}

function suitableStandbys(data: ClusterData, { master, look }: Update): Db[] {
  return standbysOf(data).filter((db) =>
    isGood(data, db, look) && invalidReason(db.status, master.status) === undefined &&
    data.keepers[db.spec.keeperUID]?.status.canBeSynchronousReplica !== false
  );
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])];
}
