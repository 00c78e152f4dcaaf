/** What an instance's configuration files say, as the server reads them. Source: PostgreSQL documentation, "pg_file_settings". */
import { type Parameters, reportedParameters } from "./configuration.ts";
import type { Session } from "./connection.ts";
import { readHbaProblems } from "./hba_problems.ts";

export interface FileSettings {
  /** The effective line of each parameter, less the managed ones. */
  readonly fileParameters: Parameters;
  /** Parameters that wait for a restart, sorted. */
  readonly pendingRestart: readonly string[];
  /** What the server says is wrong, in its own words, by line. */
  readonly configurationProblems: readonly string[];
  /** Names of the parameters that it refuses, sorted. One it does not know keeps it from applying any other. */
  readonly refusedParameters: readonly string[];
  /** Lines of `pg_hba.conf` that it refuses, as they stand there. One of them keeps it from taking the file, and from starting. */
  readonly refusedHbaLines: readonly string[];
  /** What holds now of the parameters that must not be kept from being applied. */
  readonly appliedParameters: Parameters;
}

const MUST_APPLY = ["primary_conninfo", "primary_slot_name", "synchronous_standby_names"] as const;

/** Reads them as superuser. @throws {PostgresError} */
export async function readFileSettings(session: Session): Promise<FileSettings> {
  const rows = await session.query(
    "select name, setting, error, sourcefile, sourceline from pg_file_settings order by seqno",
  );
  // After the files: reading them marks in this session what a restart is needed for, without the second that a reload takes.
  const pending = await session.query("select name from pg_settings where pending_restart order by name");
  const pendingRestart = pending.map((row) => row["name"] ?? "");
  const found: Record<string, string> = {};
  const problems: string[] = [];
  const refused = new Set<string>();
  for (const row of rows) {
    const { name, setting, error, sourcefile } = row;
    if (name && setting !== null && setting !== undefined) found[name.toLowerCase()] = setting;
    // A value that only a restart can apply is listed as an error too.
    // So is one that was taken out of the files, without a name or a place.
    if (error && sourcefile && !pendingRestart.includes(name ?? "")) {
      if (name) refused.add(name.toLowerCase());
      problems.push(`${name ?? "syntax"} in ${sourcefile} line ${row["sourceline"]}: ${error}`);
    }
  }
  const hba = await readHbaProblems(session);
  return {
    fileParameters: reportedParameters(found),
    pendingRestart,
    configurationProblems: [...problems, ...hba.problems],
    refusedParameters: [...refused].sort(),
    refusedHbaLines: hba.refusedLines,
    appliedParameters: await readApplied(session),
  };
}

async function readApplied(session: Session): Promise<Parameters> {
  const columns = MUST_APPLY.map((name) => `current_setting('${name}') as ${name}`);
  const row = (await session.query(`select ${columns.join(", ")}`))[0] ?? {};
  return Object.fromEntries(MUST_APPLY.map((name) => [name, row[name] ?? ""]));
}
