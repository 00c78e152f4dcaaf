/** The end of what a stopped instance has on disk: received WAL included, replayed or not. */
import type { TimelineHistoryEntry } from "../../cluster/clusterdata.ts";
import { formatLsn, isWalSegmentName, parseLsn, walSegmentName } from "../../cluster/lsn.ts";
import { forkPoint } from "../../cluster/timelines.ts";
import { programPath } from "./binaries.ts";
import { type ControlData, readControlData } from "./controldata.ts";
import type { Instance } from "./instance.ts";
import { readTimelineHistory } from "./timeline_history.ts";
import { CommandError, runTool } from "./tool.ts";
import { recordEnd, segmentStart, type WalRecord } from "./wal_positions.ts";

export interface LocalWal {
  /** Position after the last complete record. */
  readonly end: bigint;
  readonly timelineID: number;
  /** Ancestors of that timeline, oldest first. */
  readonly history: readonly TimelineHistoryEntry[];
}

/** No complete record was found from the last checkpoint on: the instance's WAL is damaged or missing. */
export class LocalWalError extends Error {
  override readonly name = "LocalWalError";
}

/** Finds the last complete record, on the newest timeline that has one. @throws {LocalWalError} @throws {CommandError} */
export async function measureLocalWal(instance: Instance, signal?: AbortSignal): Promise<LocalWal> {
  const control = await readControlData(instance, signal);
  const segments = await segmentNames(instance.dataDirectory);
  const timelines = [...new Set([control.timelineID, ...segments.map(timelineOf)])]
    .filter((timelineID) => timelineID >= control.timelineID).sort((a, b) => b - a);
  for (const timelineID of timelines) {
    const history = await readTimelineHistory(instance.dataDirectory, timelineID);
    const start = timelineID === control.timelineID ? control.redo : forkPoint(history, control.timelineID);
    if (start === undefined) continue;
    const record = await lastRecord({ instance, control, segments, timelineID, start, signal });
    if (record !== undefined) return { end: recordEnd(record, control.segmentBytes), timelineID, history };
  }
  throw new LocalWalError(
    `no complete WAL record from ${formatLsn(control.redo)} on in ${instance.dataDirectory}/pg_wal`,
  );
}

interface Search {
  readonly instance: Instance;
  readonly control: ControlData;
  readonly segments: readonly string[];
  readonly timelineID: number;
  readonly start: bigint;
  readonly signal: AbortSignal | undefined;
}

/**
 * Two looks: a quiet one, since there may be gigabytes, whose error names the last complete record; and one at that record,
 * for its length. Where the WAL ends with its segment the error names none: then the last segment is read aloud.
 */
async function lastRecord(search: Search): Promise<WalRecord | undefined> {
  const last = lastSegmentFrom(search);
  if (last === undefined) return undefined;
  const quiet = await waldump(search, { from: search.start, quiet: true });
  const named = /error in WAL record at ([0-9A-F]+\/[0-9A-F]+)/i.exec(quiet.stderr);
  const lastStart = segmentStart(last, search.control.segmentBytes);
  const from = named?.[1] !== undefined
    ? parseLsn(named[1])
    : lastStart > search.start
    ? lastStart
    : search.start;
  const { stdout } = await waldump(search, { from, quiet: false });
  return parseLastRecord(stdout);
}

/** The last segment of the timeline that follows without a gap on the one that holds the start. */
function lastSegmentFrom({ control, segments, timelineID, start }: Search): string | undefined {
  let found: string | undefined;
  for (let position = start;; position += control.segmentBytes) {
    const name = walSegmentName({ timelineID, position, segmentBytes: control.segmentBytes });
    if (!segments.includes(name)) return found;
    found = name;
  }
}

async function waldump(
  { instance, timelineID, signal }: Search,
  { from, quiet }: { readonly from: bigint; readonly quiet: boolean },
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const args = [
    "--path",
    `${instance.dataDirectory}/pg_wal`,
    "--timeline",
    String(timelineID),
    "--start",
    formatLsn(from),
    ...(quiet ? ["--quiet"] : []),
  ];
  try {
    const done = await runTool(programPath(instance.binaries, "pg_waldump"), args, {
      passThrough: false,
      keepStdoutTail: true,
      ...(signal === undefined ? {} : { signal }),
    });
    return { stdout: done.stdout, stderr: done.stderrTail };
  } catch (error) {
    // It reads until something is wrong, so exit code 1 is how it ends here.
    if (!(error instanceof CommandError) || error.exit.code !== 1) throw error;
    return { stdout: error.exit.stdout, stderr: error.exit.stderrTail };
  }
}

/** Reads `rmgr: XLOG len (rec/tot): 114/ 114, tx: 0, lsn: 0/02000028, prev 0/01FFFFB0, desc: ...`. */
export function parseLastRecord(text: string): WalRecord | undefined {
  const line = text.trimEnd().split("\n").findLast((candidate) => candidate.startsWith("rmgr:")) ?? "";
  const match =
    /^rmgr: (\S+)\s+len \(rec\/tot\):\s*\d+\/\s*(\d+),.*?lsn: ([0-9A-F]+\/[0-9A-F]+), .*?desc: (\S*)/i.exec(
      line,
    );
  if (match === null) return undefined;
  return {
    start: parseLsn(match[3] ?? ""),
    lengthBytes: BigInt(match[2] ?? "0"),
    isSwitch: match[1] === "XLOG" && match[4] === "SWITCH",
  };
}

async function segmentNames(dataDirectory: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(`${dataDirectory}/pg_wal`)) {
    if (isWalSegmentName(entry.name)) names.push(entry.name);
  }
  return names;
}

function timelineOf(segment: string): number {
  return Number.parseInt(segment.slice(0, 8), 16);
}
