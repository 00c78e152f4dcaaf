// This module is pure.
/** Which log entries tell something, and how they read. */
import type { LogEntry } from "../../tests/integration/harness/log_entry.ts";

/** What a keeper says at each pass, whether or not anything is new, and what only operators need. */
const NOT_TOLD: ReadonlySet<string> = new Set([
  "requested role",
  "postgres parameters not changed",
  "postgres hba entries not changed",
  "exclusive lock on data dir taken",
  "the advertised address is a loopback address: only programs on this machine reach it",
]);
/** Facts that the message has already, or that say nothing to a reader. */
const FACTS_NOT_TOLD: ReadonlySet<string> = new Set(["rule", "stack", "uid", "dataDir", "store"]);
const LONGEST_FACTS = 160;

/** Who did what when. */
export interface Happening {
  /** Such as `keeper1`. */
  readonly name: string;
  readonly entry: LogEntry;
}

/** The line for an entry: what was decided or done, and the facts behind it. Undefined: nothing worth telling. */
export function storyLine({ entry }: Happening): string | undefined {
  if (NOT_TOLD.has(entry.message)) return undefined;
  const facts = Object.entries(entry.details).filter(([name]) => !FACTS_NOT_TOLD.has(name)).map((
    [name, value],
  ) => `${name} ${factText(value)}`).join(", ");
  return facts === "" ? entry.message : `${entry.message}  (${shortened(facts)})`;
}

function factText(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(factText).join(" ");
  return JSON.stringify(value);
}

function shortened(text: string): string {
  return text.length <= LONGEST_FACTS ? text : `${text.slice(0, LONGEST_FACTS)}...`;
}
