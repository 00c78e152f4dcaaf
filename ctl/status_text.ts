// This module is pure.
/** `stolonctl status` as text. */
import { type ClusterData, type Db, sortedKeys } from "../cluster/clusterdata.ts";
import type { StatusReport } from "./status_report.ts";
import { table } from "./table.ts";

// Drawn with lines: branches, and what is beside a branch further down.
const BRANCH = "\u251c\u2500";
const LAST_BRANCH = "\u2514\u2500";
const TRUNK = "\u2502 ";

/** The whole report. `width` is the terminal's in columns; undefined: as wide as it gets. */
export function statusText(
  report: StatusReport,
  at: { data: ClusterData | null; width: number | undefined },
): string {
  return [
    section("=== Active sentinels ===", sentinels(report, at.width)),
    section("=== Active proxies ===", proxies(report, at.width)),
    section("=== Keepers ===", keepers(report, at.width)),
    section("=== Cluster Info ===", clusterInfo(report, at.data)),
  ].join("\n\n");
}

function section(title: string, body: string): string {
  return `${title}\n\n${body}`;
}

function sentinels(report: StatusReport, width: number | undefined): string {
  if (report.sentinels.length === 0) return "No active sentinels";
  return table(
    [["ID", "LEADER"], ...report.sentinels.map(({ uid, leader }) => [uid, String(leader)])],
    width,
  );
}

function proxies(report: StatusReport, width: number | undefined): string {
  if (report.proxies.length === 0) return "No active proxies";
  return table([["ID"], ...report.proxies.map(({ uid }) => [uid])], width);
}

const KEEPER_COLUMNS = [
  "UID",
  "HEALTHY",
  "PG LISTENADDRESS",
  "PG HEALTHY",
  "PG WANTEDGENERATION",
  "PG CURRENTGENERATION",
];

function keepers(report: StatusReport, width: number | undefined): string {
  if (report.keepers.length === 0) return "No keepers available";
  const rows = report.keepers.map((keeper) => [
    keeper.uid,
    String(keeper.healthy),
    keeper.listen_address,
    String(keeper.pg_healthy),
    String(keeper.pg_wanted_generation),
    String(keeper.pg_current_generation),
  ]);
  return table([KEEPER_COLUMNS, ...rows], width);
}

function clusterInfo(report: StatusReport, data: ClusterData | null): string {
  if (data === null || !report.cluster.available) return "No cluster available";
  const { master_keeper_uid: keeper, master_db_uid: master } = report.cluster;
  const first = master === "" ? "No active master" : `Master Keeper: ${keeper}`;
  return `${first}\n\n===== Keepers/DB tree =====\n\n${dbTree(data, master).join("\n")}`;
}

/** The master first, then whatever follows nobody in the view, such as the db of a former master. */
function dbTree(data: ClusterData, master: string): string[] {
  const others = sortedKeys(data.dbs).filter((uid) => uid !== master && followedBy(data, uid) === undefined);
  const roots = [...Object.hasOwn(data.dbs, master) ? [master] : [], ...others];
  if (roots.length === 0) return ["(no db assigned)"];
  return roots.flatMap((root) => {
    const label = `${keeperUidOf(data, root)}${root === master ? " (master)" : ""}`;
    return [label, ...branches(data, { uid: root, seen: new Set([root]) })];
  });
}

function branches(data: ClusterData, node: { uid: string; seen: ReadonlySet<string> }): string[] {
  const followers = sortedKeys(data.dbs)
    .filter((uid) => followedBy(data, uid) === node.uid && !node.seen.has(uid))
    .sort((a, b) => (keeperUidOf(data, a) < keeperUidOf(data, b) ? -1 : 1));
  return followers.flatMap((uid, index) => {
    const isLast = index === followers.length - 1;
    const below = branches(data, { uid, seen: new Set([...node.seen, uid]) });
    return [
      `${isLast ? LAST_BRANCH : BRANCH}${keeperUidOf(data, uid)}`,
      ...below.map((line) => `${isLast ? "  " : TRUNK}${line}`),
    ];
  });
}

/** UID of the db in the view that this one follows. */
function followedBy(data: ClusterData, uid: string): string | undefined {
  const follow = data.dbs[uid]?.spec.followConfig;
  if (follow?.type !== "internal" || follow.dbuid === uid) return undefined;
  return Object.hasOwn(data.dbs, follow.dbuid) ? follow.dbuid : undefined;
}

function keeperUidOf(data: ClusterData, uid: string): string {
  const db: Db | undefined = data.dbs[uid];
  return db?.spec.keeperUID ?? "";
}
