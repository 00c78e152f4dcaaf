/** The document in a few lines that a person can read. */
import type { ClusterData, Db } from "../../cluster/clusterdata.ts";
import { formatLsn } from "../../cluster/lsn.ts";
import { assignedKeepers, dbsOf, keepersOf } from "../../sentinel/view.ts";

/** One line for the cluster, one for each keeper and db. */
export function describe(data: ClusterData | null): string[] {
  if (data?.cluster === undefined || data.cluster === null) return ["no document"];
  const { status, generation } = data.cluster;
  const { masterDbUid, enabledProxies } = data.proxy.spec;
  const assigned = assignedKeepers(data);
  return [
    `cluster ${status.phase}, generation ${generation}, master ${status.master || "none"}`,
    `proxies -> ${masterDbUid || "nowhere"} [${
      enabledProxies.join(" ")
    }], generation ${data.proxy.generation}`,
    ...dbsOf(data).map((db) => describeDb(data, db)),
    ...keepersOf(data).filter((keeper) => !assigned.has(keeper.uid)).map((keeper) =>
      `keeper ${keeper.uid}, ${keeper.status.healthy ? "healthy" : "dead"}, without a db`
    ),
  ];
}

function describeDb(data: ClusterData, db: Db): string {
  const { spec, status } = db;
  const keeper = data.keepers[spec.keeperUID];
  const parts = [
    `${db.uid} on ${spec.keeperUID}`,
    keeper?.status.healthy ? undefined : "keeper dead",
    status.healthy ? "healthy" : "unhealthy",
    `${spec.initMode === "none" ? "" : `${spec.initMode} `}${spec.role}${follows(db)}`,
    `generation ${status.currentGeneration}/${db.generation}`,
    `timeline ${status.timelineID} at ${formatLsn(status.xLogPos)}`,
    spec.followers.length === 0 ? undefined : `followers ${spec.followers.join(" ")}`,
    ...synchronous(db),
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

function follows({ spec }: Db): string {
  if (spec.followConfig === null) return "";
  return spec.followConfig.type === "internal" ? ` of ${spec.followConfig.dbuid}` : " of an external primary";
}

function synchronous({ spec, status }: Db): (string | undefined)[] {
  const required = [...spec.synchronousStandbys ?? [], ...spec.externalSynchronousStandbys ?? []];
  const known = status.synchronousStandbys;
  return [
    required.length === 0 ? undefined : `requires ${required.join(" ")}`,
    known.length === 0 ? undefined : `known in sync ${known.join(" ")}`,
  ];
}
