// This module is pure.
import type { HistoryEntry } from "../cluster/history.ts";
import { table } from "./table.ts";

/** One line per decision; what they rest on is in the JSON form alone. The reason is never cut. */
export function historyText(entries: readonly HistoryEntry[]): string {
  if (entries.length === 0) return "No decisions yet";
  const rows = entries.map((
    { time, sentinel, level, rule, reason },
  ) => [time, sentinel, level, rule, reason]);
  return table([["TIME", "SENTINEL", "LEVEL", "RULE", "DECISION"], ...rows]);
}
