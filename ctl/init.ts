import { decodeClusterData } from "../cluster/codec.ts";
import { newClusterData } from "../cluster/new_cluster_data.ts";
import { parseSpec } from "../cluster/spec_parse.ts";
import { validateSpec } from "../cluster/spec_validation.ts";
import { rfc3339, systemClock } from "../common/clock.ts";
import { describeError } from "../common/errors.ts";
import type { ClusterStore } from "../store/cluster_store.ts";
import type { CommandContext, Subcommand } from "./command.ts";
import { initWarning, type Present } from "./init_warning.ts";
import { FILE_FLAG, readGiven, YES_FLAG } from "./spec_source.ts";

const DEFAULT_SPEC = '{"initMode":"new"}';

/** Makes a new cluster, after saying by name what goes. */
export const init: Subcommand = {
  definition: {
    name: "init",
    summary: "make a new cluster, replacing the one that is there",
    arguments: [{
      name: "spec",
      description: `cluster specification, JSON (default: ${DEFAULT_SPEC})`,
      required: false,
    }],
    flags: [FILE_FLAG, YES_FLAG],
    examples: [
      "stolonctl init",
      `stolonctl init '{"initMode":"new","synchronousReplication":true}'`,
      "stolonctl init -f spec.json -y",
      `stolonctl init '{"initMode":"existing","existingConfig":{"keeperUID":"keeper0"}}'`,
    ],
  },
  run: runInit,
};

async function runInit({ flags, signal, console, openStore }: CommandContext): Promise<void> {
  const spec = parseSpec(await readGiven(flags, console) ?? DEFAULT_SPEC);
  validateSpec(spec);
  const store = await openStore();
  const present = await readPresent(store, signal);
  if (!flags.boolean("yes")) {
    const lines = initWarning(spec, { clusterName: flags.requiredString("cluster-name"), present });
    console.tell(lines.join("\n"));
    if (!await console.confirm()) return;
  }
  const data = newClusterData(spec, { clusterUid: newUid(), now: rfc3339(systemClock.wallMs()) });
  await store.writeClusterData(data, { signal });
}

/** A document that cannot be read must not stand in the way of a new one. */
async function readPresent(store: ClusterStore, signal: AbortSignal): Promise<Present> {
  const entry = await store.readClusterDataText({ signal });
  if (entry === undefined) return { data: null };
  try {
    return { data: decodeClusterData(entry.value) };
  } catch (error) {
    return { unreadable: describeError(error) };
  }
}

function newUid(): string {
  return [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
