// This module is pure.
/**
 * From which position on it counts that a standby is in sync. PostgreSQL shows a standby as `sync` as soon as it is named
 * and streams, even while commits that were acknowledged before it was named are still on their way to it. The primary's
 * position in the first report that names it in sync, under the generation that requires it, is not before the last of
 * those commits; once the standby has received that position, it has them all.
 */
import type { Db } from "../cluster/clusterdata.ts";
import type { KeeperInfo, PostgresState } from "../cluster/infos.ts";
import type { Observation } from "./decision.ts";
import type { Memory, SyncMark } from "./memory.ts";

/** Marks of the standbys that the present master requires and has reported in sync. */
export function observeSyncMarks(observation: Observation, memory: Memory): Memory["syncMarks"] {
  const master = observation.clusterData?.dbs[observation.clusterData.cluster?.status.master ?? ""];
  if (master === undefined) return {};
  const required = master.spec.synchronousStandbys ?? [];
  const report = reportInForce(master, observation.keeperInfos);
  const marks = required.flatMap((uid): [string, SyncMark][] => {
    const before = memory.syncMarks[uid];
    if (before?.masterDbUid === master.uid) return [[uid, before]];
    if (report === undefined || !report.synchronousStandbys.includes(uid)) return [];
    return [[uid, { masterDbUid: master.uid, lsn: report.xLogPos }]];
  });
  return Object.fromEntries(marks);
}

/** The master's healthy report, if it was made under the very generation that the document asks for. */
export function reportInForce(master: Db, infos: readonly KeeperInfo[]): PostgresState | undefined {
  const state = infos.find((info) => info.uid === master.spec.keeperUID)?.postgresState;
  if (!state || state.uid !== master.uid || !state.healthy) return undefined;
  return state.generation === master.generation ? state : undefined;
}
