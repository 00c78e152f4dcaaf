/** What `pg_control` says of a stopped instance. Source: PostgreSQL documentation, "pg_controldata". */
import { parseLsn } from "../../cluster/lsn.ts";
import { programPath } from "./binaries.ts";
import type { Parameters } from "./configuration.ts";
import type { Instance } from "./instance.ts";
import { runTool } from "./tool.ts";

export interface ControlData {
  /** A 64-bit integer as text. */
  readonly systemId: string;
  /** Such as `in production`, `shut down`, `shut down in recovery`. */
  readonly state: string;
  /** True after a clean stop, as a primary or as a standby. */
  readonly cleanlyStopped: boolean;
  /** True when it last ran, or was stopped, as a standby. */
  readonly wasStandby: boolean;
  /** Timeline of the last checkpoint or restartpoint; a standby's may lag. */
  readonly timelineID: number;
  readonly checkpoint: bigint;
  readonly redo: bigint;
  /** 0 on a primary. */
  readonly minimumRecoveryEnd: bigint;
  /** 0 on a primary. */
  readonly minimumRecoveryTimelineID: number;
  readonly segmentBytes: bigint;
  readonly dataChecksums: boolean;
  readonly walLogHints: boolean;
  /** Settings that a standby's must not fall below, by parameter name. */
  readonly minimumParameters: Parameters;
}

/** Thrown when `pg_controldata` answers something that can't be understood: a broken `pg_control`, say. */
export class ControlDataError extends Error {
  override readonly name = "ControlDataError";
}

/** Reads it. @throws {CommandError} @throws {ControlDataError} */
export async function readControlData(
  instance: Pick<Instance, "binaries" | "dataDirectory">,
  signal?: AbortSignal,
): Promise<ControlData> {
  const { stdout, stderrTail } = await runTool(programPath(instance.binaries, "pg_controldata"), [
    instance.dataDirectory,
  ], {
    passThrough: false,
    ...(signal === undefined ? {} : { signal }),
  });
  // It says so and goes on, with exit code 0.
  if (/CRC checksum does not match/i.test(stdout + stderrTail)) {
    throw new ControlDataError(
      `pg_control in ${instance.dataDirectory} is damaged: its checksum does not match`,
    );
  }
  return parseControlData(stdout);
}

/** Reads the output in the C locale. @throws {ControlDataError} naming the line that is missing. */
export function parseControlData(text: string): ControlData {
  const values = new Map(
    text.split("\n").map((line): [string, string] => {
      const at = line.indexOf(":");
      return [line.slice(0, at).replace(/^Current /, ""), line.slice(at + 1).trim()];
    }),
  );
  const get = (label: string): string => {
    const value = values.get(label);
    if (value === undefined) throw new ControlDataError(`pg_controldata's answer has no line "${label}"`);
    return value;
  };
  const state = get("Database cluster state");
  return {
    systemId: get("Database system identifier"),
    state,
    cleanlyStopped: state === "shut down" || state === "shut down in recovery",
    wasStandby: state === "shut down in recovery" || state === "in archive recovery",
    timelineID: Number(get("Latest checkpoint's TimeLineID")),
    checkpoint: parseLsn(get("Latest checkpoint location")),
    redo: parseLsn(get("Latest checkpoint's REDO location")),
    minimumRecoveryEnd: parseLsn(get("Minimum recovery ending location")),
    minimumRecoveryTimelineID: Number(get("Min recovery ending loc's timeline")),
    segmentBytes: BigInt(get("Bytes per WAL segment")),
    dataChecksums: get("Data page checksum version") !== "0",
    walLogHints: get("wal_log_hints setting") === "on",
    minimumParameters: minimumParameters(get),
  };
}

function minimumParameters(get: (label: string) => string): Parameters {
  return {
    max_connections: get("max_connections setting"),
    max_locks_per_transaction: get("max_locks_per_xact setting"),
    max_prepared_transactions: get("max_prepared_xacts setting"),
    max_wal_senders: get("max_wal_senders setting"),
    max_worker_processes: get("max_worker_processes setting"),
  };
}
