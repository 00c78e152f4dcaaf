/** Timeline history files in `pg_wal`. */
import type { TimelineHistoryEntry } from "../../cluster/clusterdata.ts";
import { parseHistoryFile } from "../../cluster/timelines.ts";

/** Ancestors of the timeline, oldest first; none for timeline 1, or when the file is missing (it may have been archived). */
export async function readTimelineHistory(
  dataDirectory: string,
  timelineID: number,
): Promise<readonly TimelineHistoryEntry[]> {
  if (timelineID <= 1) return [];
  try {
    return parseHistoryFile(
      await Deno.readTextFile(`${dataDirectory}/pg_wal/${historyFileName(timelineID)}`),
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Such as `00000002.history`. */
export function historyFileName(timelineID: number): string {
  return `${timelineID.toString(16).toUpperCase().padStart(8, "0")}.history`;
}
