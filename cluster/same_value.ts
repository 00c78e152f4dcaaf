// This module is pure.
/** Equality of plain data. */

/**
 * Whether two values of plain data (records, lists, strings, numbers, bigints, booleans, null) are the same. The order
 * of a record's keys doesn't matter, and a key whose value is undefined is as good as absent.
 */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b) && sameList(a, b);
  return sameRecord(a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>);
}

function sameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => sameValue(item, b[index]));
}

function sameRecord(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const keysOfA = definedKeys(a);
  if (keysOfA.length !== definedKeys(b).length) return false;
  return keysOfA.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]));
}

function definedKeys(record: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(record).filter((key) => record[key] !== undefined);
}
