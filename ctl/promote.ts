import type { ClusterSpec } from "../cluster/spec.ts";
import { rfc3339, systemClock } from "../common/clock.ts";
import { changeClusterData, initialised } from "./cluster_change.ts";
import type { CommandContext, Subcommand } from "./command.ts";
import { YES_FLAG } from "./spec_source.ts";
import { withSpec } from "./with_spec.ts";

/** Makes a standby cluster a primary cluster. */
export const promote: Subcommand = {
  definition: {
    name: "promote",
    summary: "make a standby cluster a primary cluster, which follows nobody",
    flags: [YES_FLAG],
    examples: ["stolonctl promote", "stolonctl promote -y"],
  },
  run: runPromote,
};

async function runPromote({ flags, signal, console, openStore }: CommandContext): Promise<void> {
  const store = await openStore();
  const { data } = await store.readClusterData({ signal });
  const name = flags.requiredString("cluster-name");
  if (!isStandbyCluster(initialised(data, store).cluster.spec)) {
    console.tell(`"${name}" is a primary cluster already: nothing to do`);
    return;
  }
  if (!flags.boolean("yes")) {
    console.tell(
      `The standby cluster "${name}" will stop following its primary and take writes of its own. It cannot go back.`,
    );
    if (!await console.confirm()) return;
  }
  await changeClusterData(store, {
    signal,
    change: (current) => {
      const { spec } = current.cluster;
      if (!isStandbyCluster(spec)) return undefined;
      return withSpec(current, { spec: { ...spec, role: "master" }, now: rfc3339(systemClock.wallMs()) });
    },
  });
}

function isStandbyCluster(spec: ClusterSpec): boolean {
  return spec.role === "standby";
}
