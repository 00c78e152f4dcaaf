import type { ClusterData } from "../cluster/clusterdata.ts";
import { decodeClusterData } from "../cluster/codec.ts";
import { missingPartsProblems } from "../cluster/go_readability.ts";
import { parseJson } from "../cluster/json.ts";
import { validateSpec } from "../cluster/spec_validation.ts";
import { FatalError } from "../common/errors.ts";
import type { CommandContext, Subcommand } from "./command.ts";
import { FILE_FLAG, readGiven, YES_FLAG } from "./spec_source.ts";

/** Writes a whole document, after checking that every role can read it. */
export const clusterdataWrite: Subcommand = {
  definition: {
    name: "clusterdata write",
    summary: "write cluster data, such as those read from another store",
    flags: [FILE_FLAG, { ...YES_FLAG, description: "overwrite what is there" }],
    examples: ["stolonctl clusterdata write -f backup.json -y", "stolonctl clusterdata write < backup.json"],
  },
  run: runWrite,
};

async function runWrite({ flags, signal, console, openStore }: CommandContext): Promise<void> {
  const text = await readGiven(flags, console) ?? await console.readInput();
  const data = checkedData(text);
  const store = await openStore();
  const { data: present, revision } = await presentOf(store, signal);
  if (present && !flags.boolean("yes")) {
    throw new FatalError(`there are cluster data in ${store.description} already: -y overwrites them`);
  }
  if (present) await store.writeClusterData(data, { signal });
  else await store.swapClusterData(data, revision, { signal });
}

async function presentOf(
  store: Awaited<ReturnType<CommandContext["openStore"]>>,
  signal: AbortSignal,
): Promise<{ data: boolean; revision: string | undefined }> {
  const entry = await store.readClusterDataText({ signal });
  return { data: entry !== undefined && entry.value.trim() !== "null", revision: entry?.revision };
}

/** One document that a program cannot read blinds the whole cluster: nothing doubtful is written. */
function checkedData(text: string): ClusterData {
  const data = decodeClusterData(text);
  if (data === null || data.cluster === null) {
    throw new FatalError("these cluster data have no cluster in them");
  }
  const problems = missingPartsProblems(parseJson(text));
  if (problems.length > 0) throw new FatalError(`not written: ${problems.join("; ")}`);
  validateSpec(data.cluster.spec);
  return data;
}
