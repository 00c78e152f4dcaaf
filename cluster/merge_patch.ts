// This module is pure.
/** JSON merge patch (RFC 7396). */
import { isObject } from "./fields.ts";
import type { JsonValue } from "./json.ts";

/** The target with the patch applied: objects merge, everything else replaces, null removes. */
export function mergePatch(target: JsonValue, patch: JsonValue): JsonValue {
  if (!isObject(patch)) return patch;
  const merged = new Map<string, JsonValue>(Object.entries(isObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name) ?? null, value));
  }
  return Object.fromEntries(merged);
}
