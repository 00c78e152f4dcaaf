/** The db of our cluster that an instance is to follow, be copied from or be rewound against. */
import { parseLsn } from "../../cluster/lsn.ts";
import type { TimelineHistoryEntry } from "../../cluster/clusterdata.ts";
import { isWalSegmentName } from "../../cluster/lsn.ts";
import { parseHistoryFile } from "../../cluster/timelines.ts";
import { type ConnectionTarget, openSession, type Session, withSession } from "./connection.ts";
import { type Conninfo, formatConninfo } from "./conninfo.ts";
import type { Instance } from "./instance.ts";
import { listSlots } from "./slots.ts";
import { segmentStart } from "./wal_positions.ts";

/** Its address, as the cluster view has it. */
export interface SourceAddress {
  readonly host: string;
  readonly port: string;
}

/** What a source says of itself, over the network, as both users. */
export interface SourceState {
  readonly systemId: string;
  readonly inRecovery: boolean;
  readonly timelineID: number;
  /** Timeline of its last checkpoint: `pg_rewind` goes by this one, which lags after a promotion. */
  readonly checkpointTimelineID: number;
  readonly position: bigint;
  /** Ancestors of its timeline, oldest first. */
  readonly history: readonly TimelineHistoryEntry[];
  /** Whether the asked-for slot exists there. */
  readonly slotExists: boolean;
  /** Start of the oldest WAL segment that it still has; null when it has none. */
  readonly oldestWal: bigint | null;
}

export interface SourceOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Asks the source, with the replication user (would it let us stream?) and the superuser (would it let us rewind?).
 * @throws {PostgresError} when it can't be reached or doesn't let one of them in.
 */
export async function readSource(
  instance: Instance,
  { address, slot, ...options }: SourceOptions & { readonly address: SourceAddress; readonly slot: string },
): Promise<SourceState> {
  const identity = await withSession(
    sourceTarget(instance, address, "replication"),
    { ...options, replication: true },
    readIdentity,
  );
  const rest = await withSession(
    sourceTarget(instance, address, "superuser"),
    options,
    (session) => readDetails(session, slot),
  );
  return { ...identity, ...rest };
}

/** A session at the source. */
export function sourceTarget(
  instance: Instance,
  address: SourceAddress,
  user: "superuser" | "replication",
): ConnectionTarget {
  const { name, password } = instance[user];
  return { host: address.host, port: Number(address.port), user: name, password, tls: "prefer" };
}

/** For PostgreSQL's tools: never waits for a synchronous standby, and holds no password. */
export function toolConninfo(
  instance: Instance,
  address: SourceAddress,
  user: "superuser" | "replication",
): string {
  const conninfo: Conninfo = {
    host: address.host,
    port: address.port,
    user: instance[user].name,
    sslmode: "prefer",
    connect_timeout: "10",
    options: "-csynchronous_commit=off",
    ...(user === "superuser" ? { dbname: "postgres" } : {}),
  };
  return formatConninfo(conninfo);
}

/** True when the slot exists at the source. @throws {PostgresError} */
export async function sourceHasSlot(
  instance: Instance,
  { address, slot, ...options }: SourceOptions & { readonly address: SourceAddress; readonly slot: string },
): Promise<boolean> {
  await using session = await openSession(sourceTarget(instance, address, "superuser"), options);
  return (await listSlots(session)).some((found) => found.name === slot && !found.lost);
}

/** Timeline, position and history over a replication session. */
export async function readIdentity(
  session: Session,
): Promise<Pick<SourceState, "systemId" | "timelineID" | "position" | "history">> {
  const row = (await session.query("IDENTIFY_SYSTEM"))[0] ?? {};
  const timelineID = Number(row["timeline"]);
  return {
    systemId: row["systemid"] ?? "",
    timelineID,
    position: parseLsn(row["xlogpos"] ?? ""),
    history: await readRemoteHistory(session, timelineID),
  };
}

/** Timeline 1 has no history file. */
async function readRemoteHistory(
  session: Session,
  timelineID: number,
): Promise<readonly TimelineHistoryEntry[]> {
  if (timelineID <= 1) return [];
  const row = (await session.query(`TIMELINE_HISTORY ${timelineID}`))[0] ?? {};
  return parseHistoryFile(row["content"] ?? "");
}

async function readDetails(
  session: Session,
  slot: string,
): Promise<Pick<SourceState, "inRecovery" | "checkpointTimelineID" | "slotExists" | "oldestWal">> {
  const row = (await session.query(
    "select pg_is_in_recovery() as in_recovery, (select timeline_id from pg_control_checkpoint()) as timeline, " +
      "(select bytes_per_wal_segment from pg_control_init()) as segment_bytes",
  ))[0] ?? {};
  const oldest = await oldestWalFile(session);
  return {
    inRecovery: row["in_recovery"] === "t",
    checkpointTimelineID: Number(row["timeline"]),
    slotExists: (await listSlots(session)).some((found) => found.name === slot && !found.lost),
    oldestWal: oldest === "" ? null : segmentStart(oldest, BigInt(row["segment_bytes"] ?? "0")),
  };
}

/** Name of the segment that is first in the order of positions (not of timelines); empty when there is none. */
export async function oldestWalFile(session: Session): Promise<string> {
  const rows = await session.query(
    "select name from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$' order by substr(name, 9), name limit 1",
  );
  const name = rows[0]?.["name"] ?? "";
  return isWalSegmentName(name) ? name : "";
}
