import { parseJson, writeJson } from "../cluster/json.ts";
import { FatalError } from "../common/errors.ts";
import type { CommandContext, Subcommand } from "./command.ts";

/** Prints the document as it is stored, also one that no role can read. */
export const clusterdataRead: Subcommand = {
  definition: {
    name: "clusterdata read",
    summary: "print the cluster data as it is stored",
    flags: [{ name: "pretty", kind: "boolean", description: "indented" }],
    examples: ["stolonctl clusterdata read --pretty", "stolonctl clusterdata read > backup.json"],
  },
  run: runRead,
};

async function runRead({ flags, signal, console, openStore }: CommandContext): Promise<void> {
  const store = await openStore();
  const entry = await store.readClusterDataText({ signal });
  if (entry === undefined) {
    throw new FatalError(`there is no cluster data in ${store.description}: check --cluster-name`);
  }
  console.print(flags.boolean("pretty") ? indented(entry.value) : entry.value);
}

function indented(text: string): string {
  try {
    return writeJson(parseJson(text), "\t");
  } catch (cause) {
    throw new FatalError("the cluster data is not JSON: read it without --pretty", { cause });
  }
}
