// This module is pure.
/** Who follows whom: every standby follows the master, and the master knows its followers by name. */
import type { ClusterData, Db, DbSpec } from "../cluster/clusterdata.ts";
import { sameValue } from "../cluster/same_value.ts";
import { decided } from "./events.ts";
import { type Look, type Outcome, unchanged } from "./look.ts";
import { masterAtRest, nameOf, namesOf, standbysOf, withDbSpecs } from "./view.ts";

/**
 * Points every standby at the master, the failed ones too (they may come back), and lists them as its followers: each
 * gets a replication slot. Former masters are not among them. It waits for a master at rest: before that its timeline
 * doesn't stand, and a standby that follows could end on a branch of its own.
 */
export function pointStandbys(data: ClusterData, look: Look): Outcome {
  const master = masterAtRest(data, look);
  if (master === undefined) return unchanged(data);
  const standbys = standbysOf(data);
  const astray = standbys.filter((db) => followed(db) !== master.uid);
  const followers = standbys.map((db) => db.uid);
  const followConfig = { type: "internal", dbuid: master.uid } as const;
  const changes = new Map<string, Partial<DbSpec>>(astray.map((db) => [db.uid, { followConfig }]));
  const events = astray.map((db) => {
    const former = followed(db) === "" ? "" : ` instead of ${namesOf(data, [followed(db)])}`;
    const reason = `${nameOf(db)} follows ${namesOf(data, [master.uid])}${former}`;
    return decided({ rule: "followers", reason });
  });
  const before = master.spec.followers;
  if (!sameValue(before, followers)) {
    changes.set(master.uid, { followers });
    const reason = `${nameOf(master)} has the followers ${namesOf(data, followers) || "(none)"}`;
    events.push(decided({ rule: "followers", level: "debug", reason, facts: { before } }));
  }
  return { data: withDbSpecs(data, changes), events };
}

function followed({ spec }: Db): string {
  return spec.followConfig?.type === "internal" ? spec.followConfig.dbuid : "";
}
