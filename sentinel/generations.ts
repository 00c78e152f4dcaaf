// This module is pure.
/** The end of a look: every object whose spec differs from the document that was read gets its next generation. */
import type { ByUid, ClusterData, Db, Proxy } from "../cluster/clusterdata.ts";
import { sameValue } from "../cluster/same_value.ts";

/** Raises the generations; `wallTime` becomes the change time of what changed. Keepers have nothing in their spec. */
export function raiseGenerations(
  data: ClusterData,
  { original, wallTime }: { readonly original: ClusterData; readonly wallTime: string },
): ClusterData {
  if (data === original) return data;
  const raised = {
    ...data,
    cluster: raisedCluster(data, { original, wallTime }),
    dbs: raisedDbs(data.dbs, { original: original.dbs, wallTime }),
    proxy: raisedProxy(data.proxy, { original: original.proxy, wallTime }),
  };
  return sameValue(raised, original) ? original : { ...raised, changeTime: wallTime };
}

interface Before<T> {
  readonly original: T;
  readonly wallTime: string;
}

function raisedCluster(
  data: ClusterData,
  { original, wallTime }: Before<ClusterData>,
): ClusterData["cluster"] {
  const [after, before] = [data.cluster, original.cluster];
  if (after === null || before === null || sameValue(after.spec, before.spec)) return after;
  return { ...after, generation: before.generation + 1, changeTime: wallTime };
}

function raisedDbs(dbs: ByUid<Db>, { original, wallTime }: Before<ByUid<Db>>): ByUid<Db> {
  return Object.fromEntries(
    Object.entries(dbs).map(([uid, db]) => {
      const before = original[uid];
      if (before === undefined || before.spec === db.spec || sameValue(before.spec, db.spec)) {
        return [uid, db];
      }
      return [uid, { ...db, generation: before.generation + 1, changeTime: wallTime }];
    }),
  );
}

function raisedProxy(proxy: Proxy, { original, wallTime }: Before<Proxy>): Proxy {
  if (sameValue(proxy.spec, original.spec)) return proxy;
  return { ...proxy, generation: original.generation + 1, changeTime: wallTime };
}
