import { FatalError } from "../common/errors.ts";
import { changeClusterData } from "./cluster_change.ts";
import type { CommandContext, Subcommand } from "./command.ts";
import { KEEPER_ARGUMENT, keeperOf } from "./keeper_argument.ts";
import { withoutKeeper } from "./without_keeper.ts";

/** Forgets a keeper and its db, in one write. */
export const removekeeper: Subcommand = {
  definition: {
    name: "removekeeper",
    summary: "forget a keeper and its db; one that still runs comes back as a new one",
    arguments: [KEEPER_ARGUMENT],
    examples: ["stolonctl removekeeper keeper2"],
  },
  run: runRemovekeeper,
};

async function runRemovekeeper({ flags, signal, openStore }: CommandContext): Promise<void> {
  await changeClusterData(await openStore(), {
    signal,
    change: (data) => {
      const { uid } = keeperOf(data, flags);
      const changed = withoutKeeper(data, uid);
      if (changed !== undefined) return changed;
      throw new FatalError(
        `keeper "${uid}" has the master's db "${data.cluster.status.master}" and is not removed: let another keeper ` +
          `become master first, with "stolonctl failkeeper ${uid}"`,
      );
    },
  });
}
