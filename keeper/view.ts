/** The cluster view as a keeper reads it: whole and valid, or not at all. */
import type { ClusterData } from "../cluster/clusterdata.ts";
import type { ResolvedSpec } from "../cluster/spec.ts";
import { resolveSpec } from "../cluster/spec_defaults.ts";
import { validateSpec } from "../cluster/spec_validation.ts";
import type { ClusterStore } from "../store/cluster_store.ts";

export interface View {
  readonly data: ClusterData;
  readonly clusterUid: string;
  readonly spec: ResolvedSpec;
}

/**
 * Reads it with a quorum read. Undefined: there is no cluster in the store.
 * @throws {StoreError} when the store does not answer, or holds what this program cannot read
 * @throws {SpecError} when the cluster's spec is not valid
 */
export async function readView(store: ClusterStore, signal: AbortSignal): Promise<View | undefined> {
  const { data } = await store.readClusterData({ signal });
  if (data === null || data.cluster === null) return undefined;
  validateSpec(data.cluster.spec);
  return { data, clusterUid: data.cluster.uid, spec: resolveSpec(data.cluster.spec) };
}
