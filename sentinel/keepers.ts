// This module is pure.
/** The keepers of the view: who is in it, and their status. */
import type { ByUid, ClusterData, Keeper, KeeperStatus } from "../cluster/clusterdata.ts";
import { ZERO_TIME } from "../cluster/clusterdata.ts";
import type { KeeperInfo } from "../cluster/infos.ts";
import { sameValue } from "../cluster/same_value.ts";
import { decided, type DecisionEvent, noticed, secondsFact } from "./events.ts";
import { keeperVerdict, silenceMs } from "./health.ts";
import type { Look, Outcome } from "./look.ts";
import { keeperPatienceMs } from "./periods.ts";
import { assignedKeepers, keepersOf } from "./view.ts";

/** Enters new keepers and brings the status of all up to date. */
export function refreshKeepers(data: ClusterData, look: Look): Outcome {
  const events: DecisionEvent[] = [];
  const known = keepersOf(data).map((keeper): Keeper => {
    const status = refreshedStatus(keeper, look);
    events.push(...statusEvents(keeper, { status, look }));
    return sameValue(status, keeper.status) ? keeper : { ...keeper, status };
  });
  const added = newKeepers(data, look);
  events.push(
    ...added.map((keeper) =>
      decided({ rule: "keepers", reason: `keeper ${keeper.uid} joins the cluster: it has published an info` })
    ),
  );
  const keepers: ByUid<Keeper> = Object.fromEntries(
    [...known, ...added].map((keeper) => [keeper.uid, keeper]),
  );
  return sameKeepers(data, keepers) ? { data, events } : { data: { ...data, keepers }, events };
}

function sameKeepers(data: ClusterData, keepers: ByUid<Keeper>): boolean {
  const uids = Object.keys(keepers);
  return uids.length === Object.keys(data.keepers).length &&
    uids.every((uid) => data.keepers[uid] === keepers[uid]);
}

/**
 * An entry is made only for an info that changed while we looked: one that merely lies there may belong to a keeper that
 * was removed, and must not bring it back.
 */
function newKeepers(data: ClusterData, look: Look): Keeper[] {
  const unknown = [...look.keeperInfos.values()].filter((info) =>
    data.keepers[info.uid] === undefined && keeperVerdict(look, info.uid) === "alive"
  );
  return unknown.sort((a, b) => a.uid < b.uid ? -1 : 1).map((info) => ({
    uid: info.uid,
    generation: 1,
    changeTime: look.now.wallTime,
    status: { forceFail: false, healthy: true, lastHealthyTime: look.now.wallTime, ...reported(info) },
  }));
}

function refreshedStatus(keeper: Keeper, look: Look): KeeperStatus {
  const info = look.keeperInfos.get(keeper.uid);
  const verdict = keeperVerdict(look, keeper.uid);
  return {
    ...keeper.status,
    ...(info === undefined ? {} : reported(info)),
    healthy: verdict === "alive" || (verdict === "unseen" && keeper.status.healthy),
    lastHealthyTime: verdict === "alive" ? look.now.wallTime : keeper.status.lastHealthyTime,
  };
}

function reported(info: KeeperInfo) {
  const { bootUUID, postgresBinaryVersion, canBeMaster, canBeSynchronousReplica } = info;
  return { bootUUID, postgresBinaryVersion, canBeMaster, canBeSynchronousReplica };
}

interface Seen {
  readonly status: KeeperStatus;
  readonly look: Look;
}

function statusEvents(keeper: Keeper, { status, look }: Seen): DecisionEvent[] {
  const events: DecisionEvent[] = [];
  const name = `keeper ${keeper.uid}`;
  if (keeper.status.healthy && !status.healthy) {
    const patience = secondsFact(keeperPatienceMs(look.spec));
    const reason = `${name} has failed: no sign of life for ${patience}`;
    const facts = { silentFor: secondsFact(silenceMs(look, keeper.uid)), patience };
    events.push(noticed({ rule: "health", level: "warn", reason, facts }));
  }
  if (!keeper.status.healthy && status.healthy) {
    events.push(noticed({ rule: "health", reason: `${name} is healthy again` }));
  }
  if (keeper.status.bootUUID !== status.bootUUID && keeper.status.bootUUID !== "") {
    events.push(restartEvent(keeper, { status, look }));
  }
  return events;
}

/** A boot that comes back after another one can't be a restart: two processes publish under one UID. */
function restartEvent(keeper: Keeper, { status, look }: Seen): DecisionEvent {
  const facts = { boot: status.bootUUID, before: keeper.status.bootUUID };
  const flapping = look.memory.keepers[keeper.uid]?.formerBoots.includes(status.bootUUID) ?? false;
  if (!flapping) return noticed({ rule: "keepers", reason: `keeper ${keeper.uid} was restarted`, facts });
  const reason =
    `two keepers run with the UID ${keeper.uid}: the boot UUID of one of them is back after the ` +
    `other's; stop the one that doesn't belong there`;
  return noticed({ rule: "keepers", level: "error", reason, facts });
}

/**
 * Forgets keepers that are of no use any more: without a db, and dead for `deadKeeperRemovalInterval`. The interval is
 * longer than processes live, so it is counted on the wall clock from the last healthy time in the document; that this
 * process has heard nothing either guards against a clock that jumped.
 */
export function forgetDeadKeepers(data: ClusterData, look: Look): Outcome {
  const assigned = assignedKeepers(data);
  const nowMs = Date.parse(look.now.wallTime);
  const dead = keepersOf(data).filter((keeper) => {
    if (assigned.has(keeper.uid) || keeperVerdict(look, keeper.uid) !== "silent") return false;
    return nowMs - Date.parse(lastKnownAlive(keeper)) >= look.spec.deadKeeperRemovalIntervalMs;
  });
  if (dead.length === 0) return { data, events: [] };
  const gone = new Set(dead.map((keeper) => keeper.uid));
  const keepers = Object.fromEntries(Object.entries(data.keepers).filter(([uid]) => !gone.has(uid)));
  const events = dead.map((keeper) =>
    decided({
      rule: "keepers",
      reason: `keeper ${keeper.uid} is forgotten: it has no db and has been dead for ` +
        `${secondsFact(look.spec.deadKeeperRemovalIntervalMs)}`,
      facts: { lastHealthyTime: keeper.status.lastHealthyTime },
    })
  );
  return { data: { ...data, keepers }, events };
}

function lastKnownAlive({ status, changeTime }: Keeper): string {
  return status.lastHealthyTime === ZERO_TIME ? changeTime : status.lastHealthyTime;
}
