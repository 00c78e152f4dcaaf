/** The keeper's command line. */
import type { ProgramDefinition } from "../../common/command_line.ts";
import { COMMON_FLAGS } from "../../common/common_flags.ts";

export const KEEPER_PROGRAM: ProgramDefinition = {
  name: "stolon-keeper",
  envPrefix: "STKEEPER_",
  summary: "manages one PostgreSQL instance and makes it converge to its part of the cluster view",
  flags: [
    {
      name: "uid",
      kind: "string",
      description: "unique name of this keeper ([a-z0-9_]+); generated when not given",
    },
    { name: "id", kind: "string", hidden: true, description: "deprecated: --uid" },
    {
      name: "data-dir",
      kind: "string",
      required: true,
      placeholder: "directory",
      description: "where the keeper keeps its state and the PostgreSQL instance",
    },
    {
      name: "pg-listen-address",
      kind: "string",
      required: true,
      placeholder: "address",
      description: "PostgreSQL's listen_addresses",
    },
    {
      name: "pg-advertise-address",
      kind: "string",
      placeholder: "address",
      description: "where others reach this instance; default: --pg-listen-address",
    },
    { name: "pg-port", kind: "integer", default: 5432, description: "PostgreSQL's port" },
    {
      name: "pg-advertise-port",
      kind: "integer",
      description: "port at which others reach this instance; default: --pg-port",
    },
    {
      name: "pg-bin-path",
      kind: "string",
      placeholder: "directory",
      description: "directory of PostgreSQL's programs; default: found by PATH",
    },
    {
      name: "pg-os-user",
      kind: "string",
      default: "postgres",
      placeholder: "user",
      description: "OS user that a keeper started as root becomes",
    },
    ...userFlags("repl", "replication user"),
    ...userFlags("su", "superuser"),
    {
      name: "can-be-master",
      kind: "boolean",
      default: true,
      description: "this keeper may become the primary",
    },
    {
      name: "can-be-synchronous-replica",
      kind: "boolean",
      default: true,
      description: "this keeper may become a synchronous standby",
    },
    {
      name: "disable-data-dir-locking",
      kind: "boolean",
      description: "do not lock the data directory (for file systems that cannot lock)",
    },
    ...COMMON_FLAGS,
  ],
  examples: [
    "stolon-keeper --cluster-name main --store-backend etcdv3 --data-dir /var/lib/stolon \\",
    "    --pg-listen-address 10.0.0.1 --pg-repl-username repl --pg-repl-passwordfile /etc/stolon/repl \\",
    "    --pg-su-passwordfile /etc/stolon/su",
  ],
};

function userFlags(short: "repl" | "su", who: string): ProgramDefinition["flags"] {
  const isReplication = short === "repl";
  return [
    {
      name: `pg-${short}-auth-method`,
      kind: "string",
      default: "md5",
      placeholder: "method",
      description: `how the ${who} proves itself: md5, scram-sha-256 or trust`,
    },
    {
      name: `pg-${short}-username`,
      kind: "string",
      required: isReplication,
      placeholder: "name",
      description: isReplication
        ? "name of the replication user"
        : "name of the superuser; default: the OS user's",
    },
    {
      name: `pg-${short}-password`,
      kind: "string",
      placeholder: "password",
      description: `password of the ${who}`,
    },
    {
      name: `pg-${short}-passwordfile`,
      kind: "string",
      placeholder: "file",
      description: `file with the password of the ${who}`,
    },
  ];
}
