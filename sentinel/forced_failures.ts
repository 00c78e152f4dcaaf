// This module is pure.
/**
 * `stolonctl failkeeper`: an operator says that a keeper has failed. It counts once, in a look that can act on it, and
 * the mark is taken back in that very look. A mark that could merely not be acted on *yet* (a candidate's report is too
 * old, the new master is on its way) is kept; one that leads nowhere is taken back with the reason, so that it doesn't
 * strike hours later, when nobody expects it any more.
 */
import type { ClusterData, Db, Keeper } from "../cluster/clusterdata.ts";
import { candidateName } from "./candidates.ts";
import { decided, type DecisionEvent, waiting } from "./events.ts";
import { failureReason } from "./health.ts";
import type { Look, Outcome } from "./look.ts";
import { chooseSuccessor } from "./master.ts";
import { dbsOf, keepersOf, masterAtRest, masterUid } from "./view.ts";

type Verdict =
  | { readonly effect: "failed" | "dropped"; readonly event: DecisionEvent }
  | { readonly effect: "kept"; readonly event: DecisionEvent };

/** Acts on the marks, once per look and before all other rules. */
export function applyForcedFailures(data: ClusterData, look: Look): Outcome {
  const marked = keepersOf(data).filter((keeper) => keeper.status.forceFail);
  const events: DecisionEvent[] = [];
  let current = data;
  for (const keeper of marked) {
    const verdict = judge(data, { keeper, look });
    events.push(verdict.event);
    if (verdict.effect === "failed") current = fail(current, keeper);
    if (verdict.effect === "dropped") current = withKeeperStatus(current, keeper, { forceFail: false });
  }
  return { data: current, events };
}

interface Marked {
  readonly keeper: Keeper;
  readonly look: Look;
}

function judge(data: ClusterData, { keeper, look }: Marked): Verdict {
  const db = dbsOf(data).find((candidate) => candidate.spec.keeperUID === keeper.uid);
  if (db === undefined) return dropped(keeper, "it has no db");
  if (data.cluster?.status.phase !== "normal") return judgeInitialising({ keeper, look });
  if (db.uid === masterUid(data)) return judgeMaster(data, { keeper, look, master: db });
  if (masterAtRest(data, look) === undefined) return kept(keeper, "until the master is at rest");
  return failed(keeper, `its standby ${db.uid} counts as failed in this look`);
}

function judgeInitialising({ keeper, look }: Marked): Verdict {
  return look.spec.initMode === "existing"
    ? dropped(keeper, "the existing instance is on it and nowhere else")
    : failed(keeper, "the initialisation on it is given up");
}

function judgeMaster(data: ClusterData, { keeper, look, master }: Marked & { readonly master: Db }): Verdict {
  // A master that has failed anyway needs no mark.
  if (failureReason(look, master) !== undefined) return dropped(keeper, "its master has failed by itself");
  const { winner, awaited, candidates } = chooseSuccessor(data, { master, look });
  if (winner !== undefined) return failed(keeper, "its master is replaced");
  if (awaited.length > 0) return kept(keeper, "until a candidate's next report");
  const why = candidates.map(({ db, objections }) => `${candidateName(db)}: ${objections.join(", ")}`);
  return dropped(
    keeper,
    why.length === 0 ? "there is no other db" : `there is no eligible master: ${why.join("; ")}`,
  );
}

function failed(keeper: Keeper, effect: string): Verdict {
  const reason = `keeper ${keeper.uid} counts as failed, as an operator asked: ${effect}`;
  return { effect: "failed", event: decided({ rule: "forced failure", level: "warn", reason }) };
}

function dropped(keeper: Keeper, why: string): Verdict {
  const reason =
    `the failure of keeper ${keeper.uid} that an operator asked for has no effect and is taken back: ${why}`;
  return { effect: "dropped", event: decided({ rule: "forced failure", level: "warn", reason }) };
}

function kept(keeper: Keeper, until: string): Verdict {
  const reason = `the failure of keeper ${keeper.uid} that an operator asked for waits ${until}`;
  return { effect: "kept", event: waiting({ rule: "forced failure", reason }) };
}

/** Unhealthy in this look; the next one will find the keeper as it is. */
function fail(data: ClusterData, keeper: Keeper): ClusterData {
  const marked = withKeeperStatus(data, keeper, { forceFail: false, healthy: false });
  const dbs = Object.entries(marked.dbs).map(([uid, db]) => {
    const isIts = db.spec.keeperUID === keeper.uid;
    return [uid, isIts ? { ...db, status: { ...db.status, healthy: false } } : db] as const;
  });
  return { ...marked, dbs: Object.fromEntries(dbs) };
}

function withKeeperStatus(
  data: ClusterData,
  keeper: Keeper,
  changes: Partial<Keeper["status"]>,
): ClusterData {
  const status = { ...keeper.status, ...changes };
  return { ...data, keepers: { ...data.keepers, [keeper.uid]: { ...keeper, status } } };
}
