import type { ClusterData } from "../cluster/clusterdata.ts";
import { changeClusterData } from "./cluster_change.ts";
import type { CommandContext, Subcommand } from "./command.ts";
import { KEEPER_ARGUMENT, keeperOf } from "./keeper_argument.ts";

/** Makes the sentinel treat a keeper as failed, once. */
export const failkeeper: Subcommand = {
  definition: {
    name: "failkeeper",
    summary: "make a keeper count as failed for a moment: its primary fails over, its standby is replaced",
    arguments: [KEEPER_ARGUMENT],
    examples: ["stolonctl failkeeper keeper0"],
  },
  run: runFailkeeper,
};

async function runFailkeeper({ flags, signal, openStore }: CommandContext): Promise<void> {
  await changeClusterData(await openStore(), {
    signal,
    change: (data): ClusterData => {
      const keeper = keeperOf(data, flags);
      const failed = { ...keeper, status: { ...keeper.status, forceFail: true } };
      return { ...data, keepers: { ...data.keepers, [keeper.uid]: failed } };
    },
  });
}
