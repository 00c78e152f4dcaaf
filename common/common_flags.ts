/** The flags that the four programs share. */
import type { FlagDefinition } from "./command_line.ts";

/** Where the cluster view lives. */
export const STORE_FLAGS: readonly FlagDefinition[] = [
  { name: "cluster-name", kind: "string", required: true, description: "name of the cluster" },
  {
    name: "store-backend",
    kind: "string",
    required: true,
    placeholder: "backend",
    description: "where the cluster view is kept: etcdv3, consul or sqlite",
  },
  {
    name: "store-endpoints",
    kind: "string",
    placeholder: "urls",
    description:
      "comma separated; etcd: http://127.0.0.1:2379 and consul: http://127.0.0.1:8500 when not given; " +
      "sqlite: file:///path/to/store.db",
  },
  { name: "store-prefix", kind: "string", default: "stolon/cluster", description: "prefix of all keys" },
  {
    name: "store-timeout",
    kind: "string",
    default: "5s",
    placeholder: "duration",
    description: "limit of one request to the store",
  },
  { name: "store-cert-file", kind: "string", placeholder: "file", description: "client certificate, PEM" },
  {
    name: "store-key",
    kind: "string",
    placeholder: "file",
    description: "key of the client certificate, PEM",
  },
  {
    name: "store-ca-file",
    kind: "string",
    placeholder: "file",
    description: "certificates that the store is checked by",
  },
  { name: "store-skip-tls-verify", kind: "boolean", description: "do not check the store's certificate" },
  { name: "store-username", kind: "string", description: "user name at the store (etcd)" },
  {
    name: "store-passwordfile",
    kind: "string",
    placeholder: "file",
    description: "file with the password of --store-username",
  },
  { name: "kube-resource-kind", kind: "string", hidden: true, description: "of the kubernetes backend" },
];

/** What the program says, and where it can be asked. */
export const PROGRAM_FLAGS: readonly FlagDefinition[] = [
  {
    name: "metrics-listen-address",
    kind: "string",
    placeholder: "host:port",
    description: "serve /metrics, /livez and /readyz here",
  },
  {
    name: "log-level",
    kind: "string",
    default: "info",
    choices: ["error", "warn", "info", "debug"],
    description: "least important level that is logged",
  },
  {
    name: "log-color",
    kind: "boolean",
    description: "colour the level (default: when stderr is a terminal)",
  },
  {
    name: "log-format",
    kind: "string",
    default: "text",
    choices: ["text", "json"],
    description: "columns for people and scripts, or one JSON object per line",
  },
  { name: "debug", kind: "boolean", hidden: true, description: "deprecated: --log-level=debug" },
];

/** Both, in the order in which help shows them. */
export const COMMON_FLAGS: readonly FlagDefinition[] = [...STORE_FLAGS, ...PROGRAM_FLAGS];
