import { type ClusterData, type Keeper, sortedKeys } from "../cluster/clusterdata.ts";
import { nearestName } from "../cluster/nearest_name.ts";
import type { ArgumentDefinition, ParsedFlags } from "../common/command_line.ts";
import { FatalError } from "../common/errors.ts";

/** The keeper that a subcommand is about. */
export const KEEPER_ARGUMENT: ArgumentDefinition = {
  name: "uid",
  description: "uid of the keeper",
  required: true,
};

/** @throws {FatalError} when the cluster has no such keeper */
export function keeperOf(data: ClusterData, flags: ParsedFlags): Keeper {
  const uid = flags.arguments[0] ?? "";
  const keeper = Object.hasOwn(data.keepers, uid) ? data.keepers[uid] : undefined;
  if (keeper !== undefined) return keeper;
  const known = sortedKeys(data.keepers);
  const nearest = nearestName(uid, known);
  const hint = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
  throw new FatalError(
    `there is no keeper "${uid}" in the cluster, which has ${
      known.length === 0 ? "none" : known.join(", ")
    }${hint}`,
  );
}
