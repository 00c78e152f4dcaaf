/** The command line of `stolon-proxy`. */
import { parseDurationMs } from "../cluster/duration.ts";
import type { ParsedFlags, ProgramDefinition } from "../common/command_line.ts";
import { COMMON_FLAGS } from "../common/common_flags.ts";
import { UsageError } from "../common/errors.ts";

/** Name, flags and environment prefix. */
export const PROXY_PROGRAM: ProgramDefinition = {
  name: "stolon-proxy",
  envPrefix: "STPROXY_",
  summary: "sends every client to the current primary and cuts connections to a former one",
  flags: [
    {
      name: "listen-address",
      kind: "string",
      default: "127.0.0.1",
      placeholder: "address",
      description: "address that clients connect to",
    },
    { name: "port", kind: "integer", default: 5432, description: "port that clients connect to" },
    {
      name: "stop-listening",
      kind: "boolean",
      default: true,
      description: "close the listening socket while the store cannot be read, for load balancers to see",
    },
    {
      name: "drain-timeout",
      kind: "string",
      default: "0s",
      placeholder: "duration",
      description: "how long running connections may go on after SIGTERM",
    },
    {
      name: "tcp-keepalive-idle",
      kind: "integer",
      default: 0,
      placeholder: "seconds",
      description: "idle time before the first keepalive probe; 0: the system's default",
    },
    {
      name: "tcp-keepalive-count",
      kind: "integer",
      default: 0,
      placeholder: "number",
      description: "accepted, but the system's default holds: Deno cannot set it",
    },
    {
      name: "tcp-keepalive-interval",
      kind: "integer",
      default: 0,
      placeholder: "seconds",
      description: "accepted, but the system's default holds: Deno cannot set it",
    },
    ...COMMON_FLAGS,
  ],
  examples: [
    "stolon-proxy --cluster-name=main --store-backend=etcdv3 --listen-address=0.0.0.0 --port=25432",
  ],
};

/** What the flags say, checked. */
export interface ProxySettings {
  readonly hostname: string;
  readonly port: number;
  readonly stopListening: boolean;
  readonly drainTimeoutMs: number;
  readonly keepaliveIdleSeconds: number;
  /** Flags that were given and can't be obeyed. */
  readonly withoutEffect: readonly string[];
}

/**
 * Checks the proxy's own flags.
 * @throws {UsageError} one clear line
 */
export function proxySettings(flags: ParsedFlags): ProxySettings {
  const port = flags.integer("port");
  if (port < 0 || port > 65535) throw new UsageError(`--port must be between 0 and 65535, not ${port}`);
  for (const name of ["tcp-keepalive-idle", "tcp-keepalive-count", "tcp-keepalive-interval"]) {
    if (flags.integer(name) < 0) throw new UsageError(`--${name} must not be negative`);
  }
  const unsettable = ["tcp-keepalive-count", "tcp-keepalive-interval"];
  return {
    hostname: flags.requiredString("listen-address"),
    port,
    stopListening: flags.boolean("stop-listening"),
    drainTimeoutMs: drainTimeoutMs(flags.requiredString("drain-timeout")),
    keepaliveIdleSeconds: flags.integer("tcp-keepalive-idle"),
    withoutEffect: unsettable.filter((name) => flags.integer(name) > 0).map((name) => `--${name}`),
  };
}

function drainTimeoutMs(text: string): number {
  let ms: number;
  try {
    ms = parseDurationMs(text);
  } catch (cause) {
    throw new UsageError(`--drain-timeout "${text}" is not a duration such as 30s`, { cause });
  }
  if (ms < 0) throw new UsageError(`--drain-timeout must not be negative: ${text}`);
  return ms;
}
