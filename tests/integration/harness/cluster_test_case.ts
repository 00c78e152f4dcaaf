/** A test around a cluster: when it fails, the report has the last lines of every process's log. */
import { Cluster } from "./cluster.ts";
import type { ClusterOptions } from "./prepare.ts";

/** The body failed; the message has the logs, the cause is the failure itself. */
export class ClusterTestError extends Error {
  override readonly name = "ClusterTestError";
}

/** Declares a test on a cluster that is up and whole. */
export function clusterTest(
  name: string,
  options: ClusterOptions,
  body: (cluster: Cluster) => Promise<void>,
): void {
  Deno.test(name, async () => {
    await using cluster = await Cluster.start(options);
    await withLogTails(cluster, () => body(cluster));
  });
}

/** Runs the body; if it fails, adds the tail of every log to the error. */
export async function withLogTails(cluster: Cluster, body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ClusterTestError(`${reason}\n${await cluster.logTails()}`, { cause: error });
  }
}
