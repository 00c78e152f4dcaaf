import type { ParsedFlags } from "../common/command_line.ts";
import { ClusterStore } from "../store/cluster_store.ts";
import { storeOptionsFromFlags } from "../store/flags.ts";
import { openStore } from "../store/open.ts";
import { processConsole } from "./console.ts";
import { SUBCOMMANDS } from "./program.ts";

/** Runs the subcommand that was asked for. */
export async function runSubcommand(
  { flags, signal }: { readonly flags: ParsedFlags; readonly signal: AbortSignal },
): Promise<void> {
  const subcommand = SUBCOMMANDS.find(({ definition }) => definition.name === flags.command);
  if (subcommand === undefined) {
    throw new TypeError(`the subcommand "${flags.command}" was parsed but does not exist`);
  }
  let store: Promise<ClusterStore> | undefined;
  await subcommand.run({
    flags,
    signal,
    console: processConsole,
    // Never closed: an acknowledged write ends the program at once, and the process's end takes the connection along.
    openStore: () =>
      store ??= openStore(storeOptionsFromFlags(flags)).then((opened) => new ClusterStore(opened)),
  });
}
