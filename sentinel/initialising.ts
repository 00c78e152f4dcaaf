// This module is pure.
/**
 * The beginning of a cluster: one keeper gets a db, and when that db is healthy and converged the cluster is normal.
 * While it isn't, there are no clients and nothing that could be lost by choosing again, except with `existing`, where
 * the data is on one keeper and nowhere else: that one is waited for, however long it takes.
 */
import type { ClusterData, Db, Keeper } from "../cluster/clusterdata.ts";
import { decided, type DecisionEvent, secondsFact, waiting } from "./events.ts";
import { convergence, failureReason, keeperVerdict } from "./health.ts";
import type { Look, Outcome } from "./look.ts";
import { unchanged } from "./look.ts";
import { newMasterDb } from "./new_db.ts";
import { hasConverged, keepersOf, masterOf, nameOf, withClusterStatus, withDb, withDbSpec } from "./view.ts";

/** Chooses, waits, chooses again, and ends the phase `initializing`. */
export function initialise(data: ClusterData, look: Look): Outcome {
  if (data.cluster?.status.phase !== "initializing") return unchanged(data);
  const db = masterOf(data);
  if (db === undefined) return choose(data, look);
  if (look.original.dbs[db.uid] === undefined) return unchanged(data);
  if (db.status.healthy && hasConverged(db, look)) return becomeNormal(data, { db, look });
  const failure = initialisationFailure(data, { db, look });
  if (failure !== undefined) return chooseAgain(data, { db, look, failure });
  return unchanged(data, stillInitialising(db, look));
}

function choose(data: ClusterData, look: Look): Outcome {
  const candidates = look.spec.initMode === "existing" ? namedKeeper(data, look) : capableKeepers(data, look);
  const failures = (keeper: Keeper) => look.memory.initFailures[keeper.uid] ?? 0;
  const [keeper] = candidates.toSorted((a, b) => failures(a) - failures(b));
  if (keeper === undefined) return unchanged(data, nobodyToInitialise(data, look));
  const db = newMasterDb(look, keeper.uid);
  const event = decided({
    rule: "initialising",
    reason: `keeper ${keeper.uid} initialises the cluster as db ${db.uid} (${look.spec.initMode})`,
    facts: { keepersToChooseFrom: candidates.map((candidate) => candidate.uid) },
  });
  return { data: withClusterStatus(withDb(data, db), { master: db.uid }), events: [event] };
}

function capableKeepers(data: ClusterData, look: Look): Keeper[] {
  return keepersOf(data).filter((keeper) =>
    keeperVerdict(look, keeper.uid) === "alive" && keeper.status.healthy &&
    keeper.status.canBeMaster !== false
  );
}

/** The operator named it, so neither `canBeMaster` nor another keeper's health matters. */
function namedKeeper(data: ClusterData, look: Look): Keeper[] {
  const keeper = data.keepers[look.spec.existingConfig?.keeperUID ?? ""];
  if (keeper === undefined || keeperVerdict(look, keeper.uid) !== "alive") return [];
  return [keeper];
}

function nobodyToInitialise(data: ClusterData, look: Look): DecisionEvent {
  if (look.spec.initMode === "existing") {
    const uid = look.spec.existingConfig?.keeperUID ?? "";
    return waiting({
      rule: "initialising",
      level: "warn",
      reason: `waiting for keeper ${uid}, whose existing instance becomes the cluster: it publishes nothing`,
    });
  }
  const facts = Object.fromEntries(keepersOf(data).map((keeper) => [keeper.uid, unfitReason(keeper)]));
  return waiting({
    rule: "initialising",
    reason: "waiting for a keeper that can initialise the cluster",
    facts,
  });
}

function unfitReason(keeper: Keeper): string {
  return keeper.status.canBeMaster === false ? "was started with --can-be-master=false" : "is not healthy";
}

/** The db has done its part: from now on a keeper that lost its state files must never initialise it again. */
function becomeNormal(
  data: ClusterData,
  { db, look }: { readonly db: Db; readonly look: Look },
): Outcome {
  const settled = withDbSpec(data, db.uid, { initMode: "none", includePreviousConfig: false });
  const normal = withClusterStatus(settled, { phase: "normal" });
  const event = decided({
    rule: "initialising",
    reason: `the cluster is initialised: ${nameOf(db)} is its master`,
    facts: { systemID: db.status.systemdID, timeline: db.status.timelineID },
  });
  const merged = withMergedParameters(normal, { db, look });
  // The change is ours and complete: there is nothing to wait for.
  const spec = { spec: merged.cluster?.spec ?? {}, changedMs: undefined };
  return { data: merged, events: [event], memory: { ...look.memory, spec } };
}

/** With `mergePgParameters` the instance's own parameters become the spec's. */
function withMergedParameters(
  data: ClusterData,
  { db, look }: { readonly db: Db; readonly look: Look },
): ClusterData {
  if (data.cluster === null || !look.spec.mergePgParameters) return data;
  const spec = { ...data.cluster.spec, pgParameters: db.status.pgParameters };
  return { ...data, cluster: { ...data.cluster, spec } };
}

/** `existing` never gives up: the data is there and nowhere else. The others begin anew elsewhere. */
function initialisationFailure(
  data: ClusterData,
  { db, look }: { readonly db: Db; readonly look: Look },
): string | undefined {
  if (look.spec.initMode === "existing") return undefined;
  const keeper = data.keepers[db.spec.keeperUID];
  if (keeper === undefined) return `its keeper ${db.spec.keeperUID} was removed`;
  const forced = look.original.keepers[keeper.uid]?.status.forceFail && !keeper.status.forceFail;
  if (forced) return "an operator declared its keeper failed";
  if (keeperVerdict(look, keeper.uid) === "silent") return failureReason(look, db);
  if (convergence(look, db) !== "failed") return undefined;
  return `it was not complete within initTimeout (${secondsFact(look.spec.initTimeoutMs)})`;
}

interface Failed {
  readonly db: Db;
  readonly look: Look;
  readonly failure: string;
}

function chooseAgain(data: ClusterData, { db, look, failure }: Failed): Outcome {
  const { memory } = look;
  const failures = (memory.initFailures[db.spec.keeperUID] ?? 0) + 1;
  const event = decided({
    rule: "initialising",
    level: "warn",
    reason:
      `${
        nameOf(db)
      } could not be initialised and is forgotten: ${failure}; another keeper will be chosen if ` +
      `there is one`,
    facts: { failuresOfThisKeeper: failures },
  });
  return {
    data: withClusterStatus({ ...data, dbs: {} }, { master: "" }),
    events: [event],
    memory: { ...memory, initFailures: { ...memory.initFailures, [db.spec.keeperUID]: failures } },
  };
}

function stillInitialising(db: Db, look: Look): DecisionEvent {
  const keeper = keeperVerdict(look, db.spec.keeperUID);
  const reason = keeper === "alive"
    ? `waiting for ${nameOf(db)} to be initialised (${look.spec.initMode})`
    : `waiting for keeper ${db.spec.keeperUID}, which initialises the cluster, to show a sign of life`;
  return waiting({ rule: "initialising", reason });
}
