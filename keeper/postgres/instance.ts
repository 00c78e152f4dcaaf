/** One PostgreSQL instance as this room sees it: its programs, its directory and how its superuser gets in. */
import type { PostgresBinaries } from "./binaries.ts";
import type { Credentials } from "./recovery_parameters.ts";

export interface Instance {
  readonly binaries: PostgresBinaries;
  /** Absolute path of the PostgreSQL data directory. */
  readonly dataDirectory: string;
  /** Absolute path of a directory of ours, mode 0700, outside of the data directory: password files live here for moments. */
  readonly workDirectory: string;
  /** Where the unix socket is. */
  readonly socketDirectory: string;
  readonly port: number;
  readonly superuser: Credentials;
  readonly replication: Credentials;
}

/** Where the unix socket of every keeper's instance is. */
export const SOCKET_DIRECTORY = "/tmp";
