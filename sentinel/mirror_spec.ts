// This module is pure.
/** From the cluster spec to the assignments: the fields of a db's spec that repeat it. */
import type { ClusterData, Db, DbSpec } from "../cluster/clusterdata.ts";
import { sameValue } from "../cluster/same_value.ts";
import { decided, type DecisionEvent } from "./events.ts";
import { type Look, type Outcome, unchanged } from "./look.ts";
import {
  headRole,
  headSlots,
  mirroredSpec,
  noSynchronousStandbys,
  replicatesSynchronously,
} from "./new_db.ts";
import { SPEC_SETTLE_MS } from "./periods.ts";
import { dbsOf, isFormerMaster, masterUid, nameOf, withDbSpecs } from "./view.ts";

/** Whether an operator has just changed the spec and may not be finished. */
export function specIsSettling(look: Pick<Look, "memory" | "now">): boolean {
  const changedMs = look.memory.spec?.changedMs;
  return changedMs !== undefined && look.now.monotonicMs - changedMs < SPEC_SETTLE_MS;
}

/**
 * Copies what mirrors the cluster spec, the role of the master included: `standby` to `master` promotes the cluster. Who
 * is required to be in sync is `synchronous_set.ts`'s; a former master's assignment stays what it was.
 */
export function mirrorSpec(data: ClusterData, look: Look): Outcome {
  if (specIsSettling(look)) return unchanged(data);
  const changes = new Map<string, DbSpec>();
  const events: DecisionEvent[] = [];
  for (const db of dbsOf(data)) {
    if (isFormerMaster(data, db)) continue;
    const spec = mirrored(data, { db, look });
    if (sameValue(spec, db.spec)) continue;
    changes.set(db.uid, spec);
    events.push(changeEvent(db, spec));
  }
  return { data: withDbSpecs(data, changes), events };
}

function mirrored(data: ClusterData, { db, look }: { readonly db: Db; readonly look: Look }): DbSpec {
  const common = { ...db.spec, ...mirroredSpec(look.spec) };
  if (db.uid === masterUid(data)) {
    return { ...common, ...headRole(look.spec), additionalReplicationSlots: headSlots(look.spec) };
  }
  return {
    ...common,
    additionalReplicationSlots: null,
    followers: [],
    ...noSynchronousStandbys(replicatesSynchronously(look.spec)),
  };
}

function changeEvent(db: Db, spec: DbSpec): DecisionEvent {
  const [before, after]: [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>] = [
    { ...db.spec },
    { ...spec },
  ];
  const changed = Object.keys(after).sort().filter((field) => !sameValue(before[field], after[field]));
  const promoted = db.spec.role === "standby" && spec.role === "master";
  const reason = promoted
    ? `${nameOf(db)} is promoted: the cluster spec's role is master now`
    : `${nameOf(db)} takes over from the cluster spec: ${changed.join(", ")}`;
  return decided({ rule: "cluster spec", reason, facts: { changed } });
}
