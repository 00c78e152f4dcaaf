// This module is pure.
/** What a keeper publishes of its instance, from what it last saw. */
import type { TimelineHistoryEntry } from "../cluster/clusterdata.ts";
import type { PostgresState } from "../cluster/infos.ts";
import { DEFAULT_SEGMENT_BYTES } from "../cluster/lsn.ts";
import { sameValue } from "../cluster/same_value.ts";
import { lastEntries } from "../cluster/timelines.ts";
import type { Assignment } from "./assignment.ts";
import type { DbState } from "./state/local_state.ts";
import type { KeeperSettings } from "./settings.ts";

/** The view needs two, for comparing branches. */
const HISTORY_ENTRIES = 2;

/** Of a running instance, as far as it is published. */
export interface SeenState {
  readonly systemId: string;
  readonly timelineID: number;
  readonly position: bigint;
  readonly history: readonly TimelineHistoryEntry[];
  readonly fileParameters: Readonly<Record<string, string>>;
  readonly inSync: readonly string[];
  readonly oldestWalFile: string;
}

export interface PublishedQuestion {
  readonly settings: KeeperSettings;
  readonly assignment: Assignment;
  readonly dbState: DbState | null;
  /** Of the last good probe; null when there was none. */
  readonly seen: SeenState | null;
  /** Whether PostgreSQL answers now. */
  readonly healthy: boolean;
  /** Null when unknown. */
  readonly segmentBytes: bigint | null;
}

/** Null while there is no instance to speak of. */
export function publishedState(question: PublishedQuestion): PostgresState | null {
  const db = reportedDb(question);
  if (db === undefined) return null;
  const { settings, seen, healthy } = question;
  return {
    ...db,
    listenAddress: settings.advertiseAddress,
    port: String(settings.advertisePort),
    healthy,
    systemID: seen?.systemId ?? "",
    timelineID: seen?.timelineID ?? 0,
    xLogPos: seen?.position ?? 0n,
    timelinesHistory: lastEntries(seen?.history ?? [], HISTORY_ENTRIES),
    pgParameters: seen?.fileParameters ?? {},
    synchronousStandbys: healthy ? seen?.inSync ?? [] : [],
    synchronousStandbysConfirmed: true,
    olderWalFile: question.segmentBytes === DEFAULT_SEGMENT_BYTES ? seen?.oldestWalFile ?? "" : "",
  };
}

/** While it becomes the instance of another db, a keeper speaks of that one, with generation 0. */
function reportedDb(
  { assignment, dbState }: PublishedQuestion,
): { readonly uid: string; readonly generation: number } | undefined {
  const own = dbState === null || dbState.UID === "" || dbState.Initializing ? undefined : dbState;
  if (assignment.kind === "converge") {
    const { uid } = assignment.goal.db;
    return { uid, generation: own?.UID === uid ? own.Generation : 0 };
  }
  return own === undefined ? undefined : { uid: own.UID, generation: own.Generation };
}

/** Whether anything but the position has changed: then it is published at once. */
export function newsWorthy(before: PostgresState | null, now: PostgresState | null): boolean {
  if (before === null || now === null) return before !== now;
  return !sameValue({ ...before, xLogPos: 0n, olderWalFile: "" }, { ...now, xLogPos: 0n, olderWalFile: "" });
}
