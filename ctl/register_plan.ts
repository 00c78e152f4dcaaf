// This module is pure.
/** Which services Consul's catalogue should have for a cluster, and what it takes to get there. */
import { type ClusterData, type Db, sortedKeys } from "../cluster/clusterdata.ts";
import { sameValue } from "../cluster/same_value.ts";

/** One service, as far as it is ours to say. */
export interface Service {
  /** UID of the db. */
  readonly id: string;
  readonly address: string;
  readonly port: number;
  readonly tags: readonly string[];
}

export interface RegisterRules {
  /** Whether the master gets a service too. */
  readonly withMaster: boolean;
  readonly masterTag: string;
  readonly standbyTag: string;
}

/** What is to be done, in this order. */
export interface RegisterPlan {
  readonly remove: readonly string[];
  readonly add: readonly Service[];
}

/** The healthy dbs; a role's tag tells them apart. */
export function wantedServices(data: ClusterData, rules: RegisterRules): Service[] {
  const master = data.cluster?.status.master ?? "";
  return sortedKeys(data.dbs).flatMap((uid) => {
    const db = data.dbs[uid];
    const isMaster = uid === master;
    if (db === undefined || !isReachable(db) || (isMaster && !rules.withMaster)) return [];
    const { listenAddress: address, port } = db.status;
    return [{ id: uid, address, port: Number(port), tags: [isMaster ? rules.masterTag : rules.standbyTag] }];
  });
}

function isReachable({ status }: Db): boolean {
  return status.healthy && status.listenAddress !== "" && /^\d+$/.test(status.port);
}

/** Removes what should not be there before it adds, so that two never claim to be the master for long. */
export function registerPlan(wanted: readonly Service[], present: readonly Service[]): RegisterPlan {
  const keep = new Set(wanted.map(({ id }) => id));
  return {
    remove: present.map(({ id }) => id).filter((id) => !keep.has(id)),
    add: wanted.filter((service) => !present.some((other) => sameValue(other, service))),
  };
}
