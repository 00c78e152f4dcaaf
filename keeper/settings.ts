// This module is pure.
/** What the operator told this keeper on its command line, checked and resolved. */
import type { Credentials } from "./postgres/recovery_parameters.ts";

export interface KeeperSettings {
  readonly clusterName: string;
  readonly dataDir: string;
  /** `<dataDir>/postgres`. */
  readonly pgDataDir: string;
  /** As given: may be a comma separated list or `*`. */
  readonly listenAddress: string;
  readonly port: number;
  /** What others connect to; only ever published. */
  readonly advertiseAddress: string;
  readonly advertisePort: number;
  /** Directory of PostgreSQL's programs; undefined: they are found by PATH. */
  readonly binPath: string | undefined;
  readonly superuser: Credentials;
  readonly replication: Credentials;
  /** The user that PostgreSQL and the keeper run as. */
  readonly osUserName: string;
  readonly canBeMaster: boolean;
  readonly canBeSynchronousReplica: boolean;
  /** Where PostgreSQL puts its unix socket. */
  readonly socketDirectory: string;
}
