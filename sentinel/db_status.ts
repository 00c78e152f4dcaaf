// This module is pure.
/** What the view knows of each db, from its keeper's reports. */
import type { ClusterData, Db, DbStatus } from "../cluster/clusterdata.ts";
import { sameValue } from "../cluster/same_value.ts";
import { type DecisionEvent, noticed, secondsFact, waiting } from "./events.ts";
import { errorMs, errorText, keeperVerdict } from "./health.ts";
import type { Look, Outcome } from "./look.ts";
import { lastKnown, whatItIs, whereAndHowFar } from "./report.ts";
import { dbsOf, nameOf } from "./view.ts";

/** Brings the status of all dbs up to date. */
export function refreshDbs(data: ClusterData, look: Look): Outcome {
  const events: DecisionEvent[] = [];
  const refreshed = dbsOf(data).map((db): Db => {
    const status = refreshedStatus(data, { db, look });
    events.push(...statusEvents(db, { status, look }));
    return sameValue(status, db.status) ? db : { ...db, status };
  });
  if (refreshed.every((db) => db === data.dbs[db.uid])) return { data, events };
  return { data: { ...data, dbs: Object.fromEntries(refreshed.map((db) => [db.uid, db])) }, events };
}

interface Asked {
  readonly db: Db;
  readonly look: Look;
}

function refreshedStatus(data: ClusterData, { db, look }: Asked): DbStatus {
  const state = look.keeperInfos.get(db.spec.keeperUID)?.postgresState;
  const report = state?.uid === db.uid ? state : undefined;
  const healthy = isHealthy(data, { db, look, reportedHealthy: report?.healthy ?? false });
  const known = report?.healthy
    ? { ...db.status, ...whatItIs(report) }
    : lastKnown(db.status, look.memory.dbs[db.uid]?.lastGood);
  return { ...known, healthy, ...(report === undefined ? {} : whereAndHowFar(report, db.status)) };
}

/**
 * A db is healthy once it reports so before our eyes, and stays it through an error that is younger than
 * `failInterval`. It is unhealthy with its keeper. One whose keeper hasn't been seen yet stays what it was.
 */
function isHealthy(data: ClusterData, asked: Asked & { readonly reportedHealthy: boolean }): boolean {
  const { db, look, reportedHealthy } = asked;
  if (!(data.keepers[db.spec.keeperUID]?.status.healthy ?? false)) return false;
  if (reportedHealthy && keeperVerdict(look, db.spec.keeperUID) === "alive") return true;
  const inErrorMs = errorMs(look, db) ?? 0;
  return db.status.healthy && inErrorMs < look.spec.failIntervalMs;
}

interface Judged {
  readonly status: DbStatus;
  readonly look: Look;
}

function statusEvents(db: Db, { status, look }: Judged): DecisionEvent[] {
  const inErrorMs = errorMs(look, db);
  if (db.status.healthy && !status.healthy) {
    const silent = keeperVerdict(look, db.spec.keeperUID) === "silent";
    const why = silent ? "its keeper has failed" : errorText(look, db);
    const facts = inErrorMs === undefined ? {} : { inErrorFor: secondsFact(inErrorMs) };
    return [noticed({ rule: "health", level: "warn", reason: `${nameOf(db)} is unhealthy: ${why}`, facts })];
  }
  if (!db.status.healthy && status.healthy) {
    return [noticed({ rule: "health", reason: `${nameOf(db)} is healthy` })];
  }
  if (status.healthy && inErrorMs !== undefined) {
    const reason =
      `${nameOf(db)} is in error: ${errorText(look, db)}; it counts as failed if that lasts for ` +
      secondsFact(look.spec.failIntervalMs);
    return [
      waiting({ rule: "health", level: "warn", reason, facts: { inErrorFor: secondsFact(inErrorMs) } }),
    ];
  }
  return [];
}
