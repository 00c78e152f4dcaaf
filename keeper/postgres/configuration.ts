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
    Object.entries(input.userParameters).filter(([name]) => !isManagedName(name) && !isWalKeepName(name)),
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

/** The text of `postgresql.conf`: one `name = 'value'` line per parameter, sorted by name. */
export function formatConfiguration(parameters: Parameters): string {
  return Object.keys(parameters).sort()
    .map((name) => `${name} = '${(parameters[name] ?? "").replaceAll("'", "''")}'\n`).join("");
}

/** True for a parameter that the keeper sets itself, whatever the user asks for. */
export function isManagedName(name: string): boolean {
  const lower = name.toLowerCase();
  return MANAGED_NAMES.has(lower) || lower.startsWith("recovery_target");
}

/** Parameters found in an instance's files, less the managed ones and those that say no more than our defaults. */
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

function isWalKeepName(name: string): boolean {
  return name === "wal_keep_segments" || name === "wal_keep_size";
}

function walParameters({ version, userParameters }: ConfigurationInput): Parameters {
  const level = userParameters["wal_level"]?.toLowerCase() === "logical" ? "logical" : "replica";
  return { wal_level: level, ...walKeep(version, userParameters) };
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
