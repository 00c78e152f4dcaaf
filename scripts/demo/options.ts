/** The demo's command line. */
import { isAbsolute, join } from "node:path";
import { parseFlags, type ProgramDefinition } from "../../common/command_line.ts";
import { UsageError } from "../../common/errors.ts";
import type { StoreKind } from "../../tests/integration/harness/mod.ts";

export interface DemoOptions {
  readonly store: StoreKind;
  /** End by itself after the last act. */
  readonly once: boolean;
  /** Absolute; undefined: a temporary directory that is removed. */
  readonly keepIn: string | undefined;
}

const DEMO: ProgramDefinition = {
  name: "deno task demo",
  envPrefix: "STOLONDEMO_",
  summary: "A cluster of three keepers, two sentinels and a proxy that loses its primary and survives it.",
  flags: [
    {
      name: "store",
      kind: "string",
      default: "sqlite",
      choices: ["sqlite", "etcdv3"],
      description: "where the cluster view is kept: an embedded file, or a real etcd",
    },
    { name: "once", kind: "boolean", description: "end after the last act; exit code 0 if all went well" },
    {
      name: "keep",
      kind: "string",
      placeholder: "dir",
      description: "use this directory and keep the data in it",
    },
  ],
  examples: ["deno task demo", "deno task demo --once --store etcdv3", "deno task demo --keep ./demo-data"],
};

/**
 * Reads the command line; a relative directory is meant from where the user stands.
 * @throws {UsageError} for a wrong one
 */
export function parseDemoOptions(args: readonly string[]): DemoOptions {
  const flags = parseFlags(DEMO, args);
  const keep = flags.string("keep");
  const store = flags.requiredString("store");
  if (store !== "sqlite" && store !== "etcdv3") throw new UsageError(`unknown --store ${store}`);
  if (keep?.includes(",")) {
    throw new UsageError("--keep: Deno cannot grant access to a path with a comma in it");
  }
  const from = Deno.env.get("INIT_CWD") ?? Deno.cwd();
  return {
    store,
    once: flags.boolean("once"),
    keepIn: keep === undefined || isAbsolute(keep) ? keep : join(from, keep),
  };
}
