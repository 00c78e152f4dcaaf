/** With faults gone, the cluster converges: one master, wanted standbys, all generations reached, clients served. */
import type { ClusterData, Db } from "../../cluster/clusterdata.ts";
import type { Cluster } from "./cluster.ts";
import { resolveSpec } from "../../cluster/spec_defaults.ts";

/** How long ago a client's last acknowledged write may be. */
const SERVED_MS = 20_000;

/** Why the cluster isn't as it should be; empty: it is. */
export function livenessProblems(cluster: Cluster): string[] {
  const data = cluster.store.get("clusterdata")?.value as ClusterData | undefined;
  if (!data?.cluster) return ["there is no cluster"];
  const master = data.dbs[data.cluster.status.master];
  if (data.cluster.status.phase !== "normal" || master === undefined) {
    return ["the cluster was never initialised"];
  }
  return [
    ...masterProblems(cluster, master),
    ...standbyProblems(cluster, { data, master }),
    ...generationProblems(data),
    ...proxyProblems(cluster, master),
    ...cluster.clients.filter((client) => cluster.world.nowMs - client.lastAcknowledgedMs > SERVED_MS)
      .map((_client, index) => `client ${index} has had no write acknowledged for long`),
  ];
}

function masterProblems(cluster: Cluster, master: Db): string[] {
  const server = serverOf(cluster, master);
  if (server === undefined || !server.answers) {
    return [`the master's PostgreSQL (db ${master.uid}) does not answer`];
  }
  return server.inRecovery ? [`the master's PostgreSQL (db ${master.uid}) is in recovery`] : [];
}

function standbyProblems(cluster: Cluster, { data, master }: { data: ClusterData; master: Db }): string[] {
  const spec = resolveSpec(data.cluster?.spec ?? cluster.initialSpec);
  const wanted = Math.min(spec.maxStandbysPerSender, cluster.machines.length - 1);
  const standbys = Object.values(data.dbs).filter((db) => db.uid !== master.uid);
  const streaming = standbys.filter((db) => serverOf(cluster, db)?.receiver.streaming);
  const required = master.spec.synchronousStandbys ?? [];
  return [
    ...(streaming.length < wanted ? [`${streaming.length} standbys stream, and ${wanted} are wanted`] : []),
    ...standbys.filter((db) => !db.status.healthy).map((db) => `db ${db.uid} is unhealthy`),
    ...(standbys.length > wanted && required.length === 0 ? [`there are ${standbys.length} standbys`] : []),
  ];
}

function generationProblems(data: ClusterData): string[] {
  return Object.values(data.dbs).filter((db) => db.status.currentGeneration !== db.generation)
    .map((db) => `db ${db.uid} is at generation ${db.status.currentGeneration}, not ${db.generation}`);
}

function proxyProblems(cluster: Cluster, master: Db): string[] {
  return cluster.proxies.filter((proxy) => proxy.forwardsTo()?.target.dbUid !== master.uid)
    .map((proxy) => `${proxy.node} does not forward to the master`);
}

function serverOf(cluster: Cluster, db: Db) {
  const index = cluster.shape.keepers.findIndex((keeper) => keeper.uid === db.spec.keeperUID);
  return cluster.machines[index]?.server;
}

/** What may not move while nothing happens. */
export function stillness(cluster: Cluster): string {
  const data = cluster.store.get("clusterdata")?.value as ClusterData | undefined;
  const dbs = Object.values(data?.dbs ?? {}).map((db) => `${db.uid}:${db.generation}:${db.status.healthy}`)
    .sort();
  return [data?.cluster?.generation, data?.cluster?.status.master, data?.proxy.generation, ...dbs].join(" ");
}
