// This module is pure.
/** Who follows whom: every standby follows the master, and the master knows its followers by name. */
import type { ClusterData } from "../cluster/clusterdata.ts";
import { sameValue } from "../cluster/same_value.ts";
import { decided, type DecisionEvent } from "./events.ts";
import { type Look, type Outcome, unchanged } from "./look.ts";
import { masterAtRest, masterOf, nameOf, standbysOf, withDbSpec } from "./view.ts";

/**
 * Points every standby at the master, the failed ones too (they may come back), and lists them as its followers: each
 * gets a replication slot. Former masters are not among them. It waits for a master at rest: before that its timeline
 * doesn't stand, and a standby that follows could end on a branch of its own.
 */
export function pointStandbys(data: ClusterData, look: Look): Outcome {
  const master = masterAtRest(data, look);
  if (master === undefined) return unchanged(data);
  const events: DecisionEvent[] = [];
  let current = data;
  for (const db of standbysOf(data)) {
    const before = db.spec.followConfig;
    const follows = before?.type === "internal" ? before.dbuid : "";
    if (follows === master.uid) continue;
    current = withDbSpec(current, db.uid, { followConfig: { type: "internal", dbuid: master.uid } });
    const reason = `${nameOf(db)} follows ${master.uid}` + (follows === "" ? "" : ` instead of ${follows}`);
    events.push(decided({ rule: "followers", reason }));
  }
  const followers = standbysOf(current).map((db) => db.uid);
  const before = masterOf(current)?.spec.followers ?? [];
  if (!sameValue(before, followers)) {
    current = withDbSpec(current, master.uid, { followers });
    const reason = `${nameOf(master)} has the followers ${followers.join(", ") || "(none)"}`;
    events.push(decided({ rule: "followers", level: "debug", reason, facts: { before } }));
  }
  return { data: current, events };
}
