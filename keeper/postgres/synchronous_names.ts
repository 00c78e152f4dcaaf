// This module is pure.
/**
 * The value of `synchronous_standby_names`. Every listed standby must confirm, because after a crash nobody could know
 * which of them had. Source: PostgreSQL documentation, "synchronous_standby_names" (20.6.2).
 */

/** Prefix of the names by which standbys of a cluster announce themselves. */
const NAME_PREFIX = "stolon_";

/** `application_name` of the standby with this db UID, and the name of its replication slot. */
export function standbyName(dbUid: string): string {
  return `${NAME_PREFIX}${dbUid}`;
}

/** The db UID behind a standby's name; undefined when the name isn't one of ours. */
export function dbUidOfStandbyName(name: string): string | undefined {
  return name.startsWith(NAME_PREFIX) ? name.slice(NAME_PREFIX.length) : undefined;
}

/** Nothing for no name, one name as it is, several as `N (a,b,...)`, sorted, each quoted where the grammar needs it. */
export function formatSynchronousStandbyNames(names: readonly string[]): string {
  const quoted = [...new Set(names)].sort().map(quoteName);
  if (quoted.length <= 1) return quoted[0] ?? "";
  return `${quoted.length} (${quoted.join(",")})`;
}

/** `*` is quoted too: bare, it would match any client that streams. */
function quoteName(name: string): string {
  const plain = /^[A-Za-z_][A-Za-z0-9_$]*$/.test(name) && !GRAMMAR_WORDS.has(name.toLowerCase());
  return plain ? name : `"${name.replaceAll('"', '""')}"`;
}

const GRAMMAR_WORDS: ReadonlySet<string> = new Set(["first", "any"]);
