/** Resolving the same spec again and again costs more than anything else in a simulation. */
import type { ClusterSpec, ResolvedSpec } from "../../cluster/spec.ts";
import { resolveSpec } from "../../cluster/spec_defaults.ts";

const resolved = new WeakMap<ClusterSpec, ResolvedSpec>();

/** `resolveSpec`, once for each object. */
export function resolvedSpec(spec: ClusterSpec): ResolvedSpec {
  const known = resolved.get(spec);
  if (known !== undefined) return known;
  const result = resolveSpec(spec);
  resolved.set(spec, result);
  return result;
}
