/** One look at a running instance: everything that is planned with or reported. */
import type { TimelineHistoryEntry } from "../../cluster/clusterdata.ts";
import { parseLsn } from "../../cluster/lsn.ts";
import { timeLimit } from "../../common/clock.ts";
import type { Parameters } from "./configuration.ts";
import { openSession, replicationTarget, type Session, superuserTarget, withSession } from "./connection.ts";
import { type FileSettings, readFileSettings } from "./file_settings.ts";
import { confirmedDbUids, type SyncStretches } from "./in_sync.ts";
import type { Instance } from "./instance.ts";
import { listSlots, type Slot } from "./slots.ts";
import { oldestWalFile } from "./source_server.ts";
import { readStretches } from "./sync_rows.ts";
import { readTimelineHistory } from "./timeline_history.ts";

/** A running instance that answers. */
export interface RunningState {
  /** A 64-bit integer as text. */
  readonly systemId: string;
  readonly inRecovery: boolean;
  readonly timelineID: number;
  /** Primary: flushed. Standby: the greater of received and replayed. */
  readonly position: bigint;
  /** Ancestors of the timeline, oldest first. */
  readonly history: readonly TimelineHistoryEntry[];
  /** True when a walreceiver streams. */
  readonly streaming: boolean;
  readonly slots: readonly Slot[];
  /** What its files set, less the managed parameters. */
  readonly fileParameters: Parameters;
  /** Parameters that wait for a restart, sorted. */
  readonly pendingRestart: readonly string[];
  /** What the server says is wrong in its configuration files, in its own words. */
  readonly configurationProblems: readonly string[];
  /** Names of the parameters that it refuses, sorted. One it does not know keeps it from applying any other. */
  readonly refusedParameters: readonly string[];
  /** Lines of `pg_hba.conf` that it refuses, as they stand there. */
  readonly refusedHbaLines: readonly string[];
  /** What holds now of the parameters that must not be kept from being applied. */
  readonly appliedParameters: Parameters;
  /** UIDs of the dbs in sync, sorted. */
  readonly inSync: readonly string[];
  /** Hand it to the next look at the same run of PostgreSQL. */
  readonly stretches: SyncStretches;
  /** Empty when unknown. */
  readonly oldestWalFile: string;
}

export interface ProbeOptions {
  /** Limit of the whole look: a server that takes long over each of its questions is no healthy one. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Of the look before, empty at first. */
  readonly stretches?: SyncStretches;
}

/** Looks. @throws {PostgresError} `57P03` when it starts up or shuts down. */
export async function probe(instance: Instance, given: ProbeOptions): Promise<RunningState> {
  using limit = timeLimit(given.timeoutMs, given.signal);
  const options = { ...given, signal: limit.signal };
  await using session = await openSession(superuserTarget(instance), options);
  const where = await readWhereabouts(session);
  const timelineID = where.timelineID ?? await identifiedTimeline(instance, options);
  const settings = await readFileSettings(session);
  const before = options.stretches ?? new Map();
  const stretches = where.inRecovery ? new Map() : await readStretches(session, before);
  return {
    systemId: where.systemId,
    inRecovery: where.inRecovery,
    timelineID,
    position: where.position,
    history: await readTimelineHistory(instance.dataDirectory, timelineID),
    streaming: where.streaming,
    slots: await listSlots(session),
    ...pickSettings(settings),
    inSync: confirmedDbUids(stretches),
    stretches,
    oldestWalFile: await oldestWalFile(session),
  };
}

interface Whereabouts {
  readonly systemId: string;
  readonly inRecovery: boolean;
  readonly position: bigint;
  /** Undefined on a standby without a walreceiver. */
  readonly timelineID: number | undefined;
  readonly streaming: boolean;
}

/**
 * The position of a standby is null while it has neither received nor replayed anything. `pg_control` isn't asked for the
 * timeline: it lags until a restartpoint.
 */
const WHEREABOUTS = `
  select pg_is_in_recovery() as in_recovery,
    (select system_identifier from pg_control_system()) as system_id,
    case when pg_is_in_recovery()
      then greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
      else pg_current_wal_flush_lsn() end as position,
    case when pg_is_in_recovery()
      then (select received_tli::text from pg_stat_wal_receiver where status = 'streaming')
      else ('x' || substr(pg_walfile_name(pg_current_wal_flush_lsn()), 1, 8))::bit(32)::int::text end as timeline,
    exists (select from pg_stat_wal_receiver where status = 'streaming') as streaming`;

async function readWhereabouts(session: Session): Promise<Whereabouts> {
  const row = (await session.query(WHEREABOUTS))[0] ?? {};
  const timeline = row["timeline"];
  return {
    systemId: row["system_id"] ?? "",
    inRecovery: row["in_recovery"] === "t",
    position: parseLsn(row["position"] ?? "0/0"),
    timelineID: timeline === null || timeline === undefined ? undefined : Number(timeline),
    streaming: row["streaming"] === "t",
  };
}

async function identifiedTimeline(instance: Instance, options: ProbeOptions): Promise<number> {
  return await withSession(
    replicationTarget(instance),
    { ...options, replication: true },
    async (session) => {
      const row = (await session.query("IDENTIFY_SYSTEM"))[0] ?? {};
      return Number(row["timeline"]);
    },
  );
}

function pickSettings(settings: FileSettings) {
  const { fileParameters, pendingRestart, configurationProblems, appliedParameters } = settings;
  const { refusedParameters, refusedHbaLines } = settings;
  return {
    fileParameters,
    pendingRestart,
    configurationProblems,
    refusedParameters,
    refusedHbaLines,
    appliedParameters,
  };
}
