import { withDefaults } from "../cluster/spec_defaults.ts";
import { encodeSpecText } from "../cluster/spec_parse.ts";
import { initialised } from "./cluster_change.ts";
import type { CommandContext, Subcommand } from "./command.ts";

/** Prints the cluster specification. */
export const spec: Subcommand = {
  definition: {
    name: "spec",
    summary: "print the cluster specification as JSON",
    flags: [{
      name: "defaults",
      kind: "boolean",
      description: "with the defaults of the options that are not set",
    }],
    examples: ["stolonctl spec", "stolonctl spec --defaults"],
  },
  run: runSpec,
};

async function runSpec({ flags, signal, console, openStore }: CommandContext): Promise<void> {
  const store = await openStore();
  const { data } = await store.readClusterData({ signal });
  const { cluster } = initialised(data, store);
  console.print(encodeSpecText(flags.boolean("defaults") ? withDefaults(cluster.spec) : cluster.spec, "\t"));
}
