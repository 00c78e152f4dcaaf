// This module is pure.
/**
 * The generated `postgresql.conf`: the user's parameters, and the managed ones whatever the user says. Source: "Generated
 * configuration" of the specification; PostgreSQL documentation, "Server Configuration" (20).
 */
import type { PostgresBinaryVersion } from "../../cluster/clusterdata.ts";
import { formatSynchronousStandbyNames } from "./synchronous_names.ts";

/** Parameters by name, values as text without quotes. */
export type Parameters = Readonly<Record<string, string>>;

export interface ConfigurationInput {
  readonly version: PostgresBinaryVersion;
  /** `pgParameters` of the assignment. */
  readonly userParameters: Parameters;
  /** The keeper's `--pg-listen-address`, exactly. */
  readonly listenAddress: string;
  readonly port: number;
  readonly socketDirectory: string;
  readonly maxStandbys: number;
  readonly additionalWalSenders: number;
  readonly usePgrewind: boolean;
  /** Names as standbys announce themselves (`standbyName(dbUid)`) and external ones. Empty: not synchronous. */
  readonly synchronousStandbyNames: readonly string[];
  /** From `recoveryParameters`; empty on a primary. */
  readonly recoveryParameters: Parameters;
}

/** Everything that `postgresql.conf` will hold. */
export function generateParameters(input: ConfigurationInput): Parameters {
  const user = Object.fromEntries(
    Object.entries(lowerCaseNames(input.userParameters))
      .filter(([name]) => !isOverridden(name, input) && !isWalKeepName(name)),
  );
  return {
    ...user,
    ...walParameters(input),
    listen_addresses: input.listenAddress,
    port: String(input.port),
    unix_socket_directories: input.socketDirectory,
    hot_standby: "on",
    max_replication_slots: String(input.maxStandbys),
    max_wal_senders: String(2 * input.maxStandbys + 2 + input.additionalWalSenders),
    synchronous_standby_names: formatSynchronousStandbyNames(input.synchronousStandbyNames),
    ...(input.usePgrewind ? { wal_log_hints: "on" } : {}),
    ...input.recoveryParameters,
  };
}

/**
 * The text of `postgresql.conf`: one `name = 'value'` line per parameter, sorted by name. Quotes are doubled, and so are
 * backslashes, which PostgreSQL would take for escapes: the server sees exactly the value.
 */
export function formatConfiguration(parameters: Parameters): string {
  return Object.keys(parameters).sort().map((name) => `${name} = '${escapeValue(parameters[name] ?? "")}'\n`)
    .join("");
}

/** True for a parameter that the keeper sets itself, whatever the user asks for. */
export function isManagedName(name: string): boolean {
  const lower = name.toLowerCase();
  return MANAGED_NAMES.has(lower) || lower.startsWith("recovery_target");
}

/** Parameters found in an instance's files, less the managed ones. */
export function reportedParameters(found: Parameters): Parameters {
  return Object.fromEntries(
    Object.keys(found).sort().filter((name) => !isManagedName(name)).map((name) => [name, found[name] ?? ""]),
  );
}

const MANAGED_NAMES: ReadonlySet<string> = new Set([
  "unix_socket_directories",
  "hot_standby",
  "listen_addresses",
  "port",
  "max_replication_slots",
  "max_wal_senders",
  "wal_log_hints",
  "synchronous_standby_names",
  "primary_conninfo",
  "primary_slot_name",
  "recovery_min_apply_delay",
  "restore_command",
]);

const DEFAULT_WAL_KEEP_SEGMENTS = 8;
const DEFAULT_WAL_KEEP_SIZE_MB = 128;

function escapeValue(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("'", "''").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
}

/** Names are the same in any case; of two spellings the one that sorts last wins, as the last line of a file would. */
function lowerCaseNames(parameters: Parameters): Parameters {
  return Object.fromEntries(
    Object.keys(parameters).sort().map((name) => [name.toLowerCase(), parameters[name] ?? ""]),
  );
}

/** Hints for pg_rewind are ours only while pg_rewind is wanted. */
function isOverridden(name: string, { usePgrewind }: ConfigurationInput): boolean {
  return isManagedName(name) && (name !== "wal_log_hints" || usePgrewind);
}

function isWalKeepName(name: string): boolean {
  return name === "wal_keep_segments" || name === "wal_keep_size";
}

function walParameters(input: ConfigurationInput): Parameters {
  const userParameters = lowerCaseNames(input.userParameters);
  const level = userParameters["wal_level"]?.toLowerCase() === "logical" ? "logical" : "replica";
  return { wal_level: level, ...walKeep(input.version, userParameters) };
}

/** `wal_keep_size` since 13; the older count of segments is lifted to a floor, and never written for a version that lacks it. */
function walKeep(version: PostgresBinaryVersion, user: Parameters): Parameters {
  if (version.Maj >= 13) return { wal_keep_size: user["wal_keep_size"] ?? String(DEFAULT_WAL_KEEP_SIZE_MB) };
  const wanted = Number.parseInt(user["wal_keep_segments"] ?? "", 10);
  const segments = Number.isNaN(wanted)
    ? DEFAULT_WAL_KEEP_SEGMENTS
    : Math.max(wanted, DEFAULT_WAL_KEEP_SEGMENTS);
  return { wal_keep_segments: String(segments) };
}
