/** Reading the document for a subcommand, and changing it by compare-and-swap. */
import type { ClusterData } from "../cluster/clusterdata.ts";
import { FatalError } from "../common/errors.ts";
import type { ClusterStore } from "../store/cluster_store.ts";
import { StoreConflictError } from "../store/errors.ts";
import type { InitialisedData } from "./with_spec.ts";

const ATTEMPTS = 3;

/** @throws {FatalError} when there is no cluster yet */
export function initialised(data: ClusterData | null, store: ClusterStore): InitialisedData {
  if (data === null || data.cluster === null) {
    throw new FatalError(
      `there is no cluster data in ${store.description}: check --cluster-name, or make a new cluster with "stolonctl init"`,
    );
  }
  return { ...data, cluster: data.cluster };
}

/**
 * Reads the document, changes it and writes it back; again when somebody else wrote in between, three times in all.
 * `change` returns undefined when there is nothing to write.
 */
export async function changeClusterData(store: ClusterStore, options: {
  readonly signal: AbortSignal;
  readonly change: (data: InitialisedData) => ClusterData | undefined;
}): Promise<void> {
  const { signal, change } = options;
  for (let attempt = 1;; attempt++) {
    const { data, revision } = await store.readClusterData({ signal });
    const changed = change(initialised(data, store));
    if (changed === undefined) return;
    try {
      await store.swapClusterData(changed, revision, { signal });
      return;
    } catch (error) {
      if (!(error instanceof StoreConflictError) || attempt === ATTEMPTS) throw error;
    }
  }
}
