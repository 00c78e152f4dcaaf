import { sameValue } from "../cluster/same_value.ts";
import { parseSpec, patchSpec } from "../cluster/spec_parse.ts";
import { validateSpecUpdate } from "../cluster/spec_validation.ts";
import { rfc3339, systemClock } from "../common/clock.ts";
import { UsageError } from "../common/errors.ts";
import { changeClusterData } from "./cluster_change.ts";
import type { CommandContext, Subcommand } from "./command.ts";
import { FILE_FLAG, readGiven } from "./spec_source.ts";
import { withSpec } from "./with_spec.ts";

/** Replaces or patches the cluster specification. */
export const update: Subcommand = {
  definition: {
    name: "update",
    summary: "replace the cluster specification, or patch it",
    arguments: [{ name: "spec", description: "cluster specification or patch, JSON", required: false }],
    flags: [FILE_FLAG, {
      name: "patch",
      short: "p",
      kind: "boolean",
      description: "merge into the present specification (RFC 7396): null removes an option",
    }],
    examples: [
      `stolonctl update --patch '{"synchronousReplication":true}'`,
      `stolonctl update --patch '{"pgParameters":{"work_mem":"32MB","log_min_duration_statement":null}}'`,
      "stolonctl update -f spec.json",
    ],
  },
  run: runUpdate,
};

async function runUpdate({ flags, signal, console, openStore }: CommandContext): Promise<void> {
  const text = await readGiven(flags, console);
  if (text === undefined) {
    throw new UsageError("no specification given: as an argument, or with --file (- is standard input)");
  }
  const updated = flags.boolean("patch") ? undefined : parseSpec(text);
  await changeClusterData(await openStore(), {
    signal,
    change: (data) => {
      const spec = updated ?? patchSpec(data.cluster.spec, text);
      validateSpecUpdate(data.cluster.spec, spec);
      return sameValue(spec, data.cluster.spec)
        ? undefined
        : withSpec(data, { spec, now: rfc3339(systemClock.wallMs()) });
    },
  });
}
