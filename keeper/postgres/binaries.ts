/** Finding PostgreSQL's programs and learning their version. */
import type { PostgresBinaryVersion } from "../../cluster/clusterdata.ts";
import { runTool } from "./tool.ts";

/** PostgreSQL's programs, all of one version. */
export interface PostgresBinaries {
  /** Directory of the programs; undefined: they are found through PATH. */
  readonly directory: string | undefined;
  readonly version: PostgresBinaryVersion;
}

export type PostgresProgram =
  | "postgres"
  | "initdb"
  | "pg_ctl"
  | "pg_controldata"
  | "pg_basebackup"
  | "pg_rewind"
  | "pg_waldump";

/** Oldest and newest major version that this software is made for. */
export const SUPPORTED_MAJOR_VERSIONS = { oldest: 13, newest: 18 } as const;

/** Thrown when the programs are missing or of a version that can't be read. */
export class BinariesError extends Error {
  override readonly name = "BinariesError";
}

/** What to execute for a program: an absolute path with a directory, else the bare name. */
export function programPath(binaries: Pick<PostgresBinaries, "directory">, program: PostgresProgram): string {
  return binaries.directory === undefined ? program : `${binaries.directory}/${program}`;
}

/**
 * Asks `postgres --version`. @param binPath `--pg-bin-path`; undefined or empty: PATH. @throws {BinariesError}
 */
export async function findBinaries(binPath?: string, signal?: AbortSignal): Promise<PostgresBinaries> {
  const directory = binPath === undefined || binPath === "" ? undefined : binPath.replace(/(?<=.)\/+$/, "");
  const versionOf = async (program: PostgresProgram): Promise<string> => {
    const command = programPath({ directory }, program);
    try {
      const options = { ...(signal ? { signal } : {}), passThrough: false };
      return (await runTool(command, ["--version"], options)).stdout;
    } catch (cause) {
      throw new BinariesError(
        `"${command} --version" could not be run: install PostgreSQL, or name the directory of its programs with --pg-bin-path`,
        { cause },
      );
    }
  };
  // Distributions put some of the programs on PATH and not others: the rarest stands for all.
  const [text] = await Promise.all([versionOf("postgres"), versionOf("pg_controldata")]);
  return { directory, version: parseVersion(text) };
}

/** Reads `postgres (PostgreSQL) 15.4 (Debian ...)`, `9.6.24`, `18beta1`, `17devel`. @throws {BinariesError} */
export function parseVersion(text: string): PostgresBinaryVersion {
  const match = /\(PostgreSQL[^)]*\)\s+(\d+)(?:\.(\d+))?/.exec(text);
  if (match === null) {
    throw new BinariesError(`no version in the answer of "postgres --version": ${text.trim()}`);
  }
  return { Maj: Number(match[1]), Min: Number(match[2] ?? "0") };
}
