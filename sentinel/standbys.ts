// This module is pure.
/** How many standbys there are: free keepers get a db until there are enough, and what is too much is removed. */
import type { ClusterData, Db, Keeper } from "../cluster/clusterdata.ts";
import { byPosition } from "./candidates.ts";
import { decided, type DecisionEvent, type Facts } from "./events.ts";
import { failureReason, hasConvergedAndIsHealthy, isConverging, isGood, keeperVerdict } from "./health.ts";
import { type Look, type Outcome, unchanged } from "./look.ts";
import { newStandbyDb } from "./new_db.ts";
import { invalidReason } from "./validity.ts";
import {
  assignedKeepers,
  dbsOf,
  keepersOf,
  masterAtRest,
  nameOf,
  namesOf,
  standbysOf,
  withDbSpecs,
  withoutDbs,
} from "./view.ts";

/** Gives free keepers a db until the wanted number of good or converging standbys exists. */
export function addStandbys(data: ClusterData, look: Look): Outcome {
  const master = masterAtRest(data, look);
  if (master === undefined) return unchanged(data);
  const useful = standbysOf(data).filter((db) => isGood(data, db, look) || isConverging(data, db, look));
  const missing = look.spec.maxStandbysPerSender - useful.length;
  if (missing <= 0) return unchanged(data);
  const added = freeKeepers(data, look).slice(0, missing).map((keeper) =>
    newStandbyDb(look, { keeperUID: keeper.uid, masterDbUid: master.uid })
  );
  if (added.length === 0) return unchanged(data);
  const facts = { usefulStandbys: useful.map((db) => db.uid), wanted: look.spec.maxStandbysPerSender };
  const events = added.map((db) => {
    const reason = `keeper ${db.spec.keeperUID} becomes a standby of ${
      namesOf(data, [master.uid])
    } as db ${db.uid}`;
    return decided({ rule: "standbys", reason, facts });
  });
  const dbs = { ...data.dbs, ...Object.fromEntries(added.map((db) => [db.uid, db])) };
  return { data: { ...data, dbs }, events };
}

function freeKeepers(data: ClusterData, look: Look): Keeper[] {
  const assigned = assignedKeepers(data);
  return keepersOf(data).filter((keeper) =>
    !assigned.has(keeper.uid) && keeper.status.healthy && keeperVerdict(look, keeper.uid) === "alive"
  );
}

/**
 * When the good standbys suffice, the failed ones go (their slots would hold back the primary's WAL for ever), and so do
 * good ones beyond the wanted number, the least advanced first. One that is required to be in sync never goes: the set
 * has to let it go first.
 */
export function removeExcessStandbys(data: ClusterData, look: Look): Outcome {
  const master = masterAtRest(data, look);
  if (master === undefined) return unchanged(data);
  const wanted = look.spec.maxStandbysPerSender;
  const standbys = standbysOf(data);
  const good = standbys.filter((db) =>
    isGood(data, db, look) && invalidReason(db.status, master.status) === undefined
  );
  if (good.length < wanted) return unchanged(data);
  const isRequired = (db: Db) => (master.spec.synchronousStandbys ?? []).includes(db.uid);
  const failed = standbys.filter((db) => !isRequired(db) && failureReason(look, db) !== undefined);
  const excess = good.filter((db) => !isRequired(db)).sort(byPosition).slice(0, good.length - wanted);
  const facts = { goodStandbys: good.map((db) => db.uid), wanted };
  const events = [
    ...failed.map((db) =>
      removed(db, { why: "it has failed, and the good standbys suffice without it", facts })
    ),
    ...excess.map((db) => removed(db, { why: "there are more good standbys than wanted", facts })),
  ];
  return { data: withoutDbs(data, new Set([...failed, ...excess].map((db) => db.uid))), events };
}

function removed(db: Db, { why, facts }: { readonly why: string; readonly facts: Facts }): DecisionEvent {
  return decided({ rule: "standbys", reason: `${nameOf(db)} is removed: ${why}`, facts });
}

/**
 * A standby that is complete is taken as it is from then on: if its keeper loses its state files, it must not copy
 * everything again on its own.
 */
export function completeStandbys(data: ClusterData, look: Look): Outcome {
  const complete = dbsOf(data).filter((db) =>
    data.cluster?.status.phase === "normal" && db.spec.initMode !== "none" &&
    hasConvergedAndIsHealthy(db, look)
  );
  const events = complete.map((db) =>
    decided({ rule: "standbys", reason: `${nameOf(db)} is complete (${db.spec.initMode})` })
  );
  const asItIs = { initMode: "none", includePreviousConfig: false } as const;
  return { data: withDbSpecs(data, new Map(complete.map((db) => [db.uid, asItIs]))), events };
}
