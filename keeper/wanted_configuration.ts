// This module is pure.
/** What `postgresql.conf` and `pg_hba.conf` of the instance have to hold, from the assignment and what is observed. */
import type { Goal, Source } from "./assignment.ts";
import type { Observed } from "./observed.ts";
import { formatConfiguration, generateParameters, type Parameters } from "./postgres/configuration.ts";
import { formatHba, generateHbaLines } from "./postgres/hba.ts";
import {
  externalStandbyParameters,
  internalStandbyParameters,
  slotSyncDatabase,
} from "./postgres/recovery_parameters.ts";
import { standbyName } from "./postgres/synchronous_names.ts";
import type { KeeperSettings } from "./settings.ts";

export interface WantedConfiguration {
  readonly parameters: Parameters;
  /** Text of `postgresql.conf`. */
  readonly configuration: string;
  readonly hbaLines: readonly string[];
  /** Text of `pg_hba.conf`. */
  readonly hba: string;
}

export interface WantedQuestion {
  readonly goal: Goal;
  readonly settings: KeeperSettings;
  readonly observed: Observed;
  /** Leave the clients' lines out. */
  readonly holdClients: boolean;
  /** Values below which a standby's must not fall; empty on a primary. */
  readonly minimumParameters: Parameters;
}

/** Generates both files. */
export function wantedConfiguration(question: WantedQuestion): WantedConfiguration {
  const parameters = raised(generate(question), question.minimumParameters);
  const hbaLines = generateHba(question);
  return { parameters, configuration: formatConfiguration(parameters), hbaLines, hba: formatHba(hbaLines) };
}

function generate({ goal, settings, observed }: WantedQuestion): Parameters {
  const { spec } = goal.db;
  const brought = spec.includePreviousConfig ? observed.dbState?.InitPGParameters ?? {} : {};
  return generateParameters({
    version: observed.version,
    userParameters: { ...brought, ...spec.pgParameters },
    listenAddress: settings.listenAddress,
    port: settings.port,
    socketDirectory: settings.socketDirectory,
    maxStandbys: spec.maxStandbys,
    additionalWalSenders: spec.additionalWalSenders,
    usePgrewind: spec.usePgrewind,
    synchronousStandbyNames: synchronousNames(goal),
    recoveryParameters: recoveryParameters(goal.source, { goal, settings, observed }),
  });
}

/** Only a primary waits for anybody. */
function synchronousNames({ db }: Goal): readonly string[] {
  if (db.spec.role !== "master" || !db.spec.synchronousReplication) return [];
  const own = (db.spec.synchronousStandbys ?? []).map(standbyName);
  return [...own, ...db.spec.externalSynchronousStandbys ?? []];
}

function recoveryParameters(
  source: Source | null,
  { goal, settings, observed }: Pick<WantedQuestion, "goal" | "settings" | "observed">,
): Parameters {
  if (source === null) return {};
  if (source.kind === "external") {
    return externalStandbyParameters(source.standbySettings, source.archiveRecoverySettings);
  }
  const database = slotSyncDatabase(observed.version, goal.db.spec.pgParameters);
  return internalStandbyParameters(source, {
    replication: settings.replication,
    dbUid: goal.db.uid,
    database,
  });
}

/** PostgreSQL's own, where the minimum may exceed them. */
const DEFAULTS: Parameters = {
  max_connections: "100",
  max_locks_per_transaction: "64",
  max_wal_senders: "10",
  max_worker_processes: "8",
};

/** A standby with less than its primary has does not start, or stops replaying. */
function raised(parameters: Parameters, minimum: Parameters): Parameters {
  const raisedOnes = Object.entries(minimum).filter(([name, value]) => {
    const own = parameters[name] ?? DEFAULTS[name] ?? "0";
    return /^\d+$/.test(own) && Number(own) < Number(value);
  });
  return { ...parameters, ...Object.fromEntries(raisedOnes) };
}

function generateHba({ goal, settings, observed, holdClients }: WantedQuestion): readonly string[] {
  return generateHbaLines({
    superuser: settings.superuser,
    replication: settings.replication,
    access: goal.spec.defaultSUReplAccessMode === "all" ? "all" : strictAddresses(goal),
    clients: holdClients ? "closed" : withoutRefused(goal.db.spec.pgHBA, observed.memory.refusedHbaLines),
  });
}

/** An entry of the user's may hold several lines; PostgreSQL refuses single ones. */
function withoutRefused(
  entries: readonly string[] | null,
  refused: readonly string[],
): readonly string[] | null {
  if (entries === null || refused.length === 0) return entries;
  const lines = entries.flatMap((entry) => entry.split("\n"));
  // What a refused line was to keep out, the lines after it might let in.
  const end = lines.findIndex((line) => refused.includes(line) && /\breject\b/i.test(line));
  return lines.slice(0, end < 0 ? undefined : end).filter((line) => !refused.includes(line));
}

/** Strict: only what the others follow is open to them. That is a primary, or what stands for it in a standby cluster. */
function strictAddresses(goal: Goal): readonly string[] {
  const isMaster = goal.source === null || goal.source.kind === "external";
  return isMaster ? goal.peers.map((peer) => peer.address).filter((address) => address !== "") : [];
}
