/** A test around a cluster: when it fails, the report has the last lines of every process's log. */
import { join } from "node:path";
import { Cluster } from "./cluster.ts";
import { clusterFiles } from "./cluster_flags.ts";
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
    await refuseSecretsInLogs(cluster.directory);
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

/** No process, PostgreSQL included, has written a password into its log. */
async function refuseSecretsInLogs(directory: string): Promise<void> {
  const files = clusterFiles(directory);
  const secrets = await Promise.all(
    [files.superuserPassword, files.replicationPassword].map((path) => Deno.readTextFile(path)),
  );
  const logs = join(directory, "logs");
  for await (const { name } of Deno.readDir(logs)) {
    const lines = (await Deno.readTextFile(join(logs, name))).split("\n");
    const telltale = lines.find((line) => secrets.some((secret) => line.includes(secret)));
    if (telltale !== undefined) throw new ClusterTestError(`${name} holds a password: ${telltale}`);
  }
}
