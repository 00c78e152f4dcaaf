/** What the server thinks of its `pg_hba.conf`. Source: PostgreSQL documentation, "pg_hba_file_rules". */
import { readTextIfPresent } from "../state/atomic_file.ts";
import type { Session } from "./connection.ts";

export interface HbaProblems {
  /** In the server's own words, by line. */
  readonly problems: readonly string[];
  /** Lines that it refuses, as they stand in the file. One of them keeps it from taking the file, and from starting. */
  readonly refusedLines: readonly string[];
}

/** Reads them as superuser, from the file as it is now, not as it was loaded. @throws {PostgresError} */
export async function readHbaProblems(session: Session): Promise<HbaProblems> {
  const rows = await session.query(
    "select *, current_setting('hba_file') as hba_file from pg_hba_file_rules where error is not null " +
      "order by line_number",
  );
  const problems: string[] = [];
  const refusedLines: string[] = [];
  for (const row of rows) {
    const hbaFile = row["hba_file"] ?? "";
    // Since PostgreSQL 16 a file may include others.
    const file = row["file_name"] ?? hbaFile;
    const line = lineOf(file, Number(row["line_number"]));
    problems.push(`${file} line ${row["line_number"]}: ${row["error"]}: ${withoutSecrets(line ?? "")}`);
    // A line with a type was understood: it can match nobody now, as `hostssl` without SSL, but it hinders nothing.
    if (row["type"] === null && file === hbaFile && line !== undefined) refusedLines.push(line);
  }
  return { problems, refusedLines };
}

function lineOf(file: string, number: number): string | undefined {
  return readTextIfPresent(file)?.split("\n")[number - 1];
}

/** Options of some methods are passwords. */
function withoutSecrets(line: string): string {
  return line.replace(/"?(ldapbindpasswd|radiussecrets).*$/is, "...");
}
