// This module is pure.
/**
 * Whose turn it is to restart for a changed parameter: standbys one after another, then the primary, so that a raised
 * value is on the standbys first. (A lowered one comes to standbys only after the primary's restart, since until then
 * their WAL asks for the old value.) The view says who has converged, and a standby converges only after its restart.
 */
import type { Goal } from "./assignment.ts";

/** Nobody waits for others longer than this: one that does not come along must not hold the cluster. */
const LIMIT_SHARE = 3;

/** Why the instance must not restart yet; undefined when it may. */
export function restartObstacle(goal: Goal, wantedForMs: number): string | undefined {
  if (wantedForMs >= goal.spec.convergenceTimeoutMs / LIMIT_SHARE) return undefined;
  const isStandby = goal.source !== null;
  const before = goal.peers.filter((peer) => !peer.isMaster && (!isStandby || peer.dbUid < goal.db.uid));
  const pending = before.find((peer) => peer.healthy && !peer.converged);
  return pending === undefined ? undefined : `db ${pending.dbUid} is to restart first`;
}
