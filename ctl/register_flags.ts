import type { FlagDefinition, ParsedFlags } from "../common/command_line.ts";
import { UsageError } from "../common/errors.ts";
import type { TlsOptions } from "../store/options.ts";

/** Flags of `stolonctl register`. */
export const REGISTER_FLAGS: readonly FlagDefinition[] = [
  {
    name: "register-backend",
    kind: "string",
    default: "consul",
    choices: ["consul"],
    description: "kind of catalogue",
  },
  {
    name: "register-endpoints",
    kind: "string",
    default: "http://127.0.0.1:8500",
    placeholder: "urls",
    description: "comma separated; the token is CONSUL_HTTP_TOKEN",
  },
  { name: "register-cert-file", kind: "string", placeholder: "file", description: "client certificate, PEM" },
  {
    name: "register-key",
    kind: "string",
    placeholder: "file",
    description: "key of the client certificate, PEM",
  },
  {
    name: "register-ca-file",
    kind: "string",
    placeholder: "file",
    description: "certificates that the catalogue is checked by",
  },
  {
    name: "register-skip-tls-verify",
    kind: "boolean",
    description: "do not check the catalogue's certificate",
  },
  { name: "register-master", kind: "boolean", description: "register the master too, not standbys alone" },
  {
    name: "tag-master-as",
    kind: "string",
    default: "master",
    placeholder: "tag",
    description: "tag of the master",
  },
  {
    name: "tag-slave-as",
    kind: "string",
    default: "slave",
    placeholder: "tag",
    description: "tag of standbys",
  },
  {
    name: "sleep-interval",
    kind: "integer",
    default: 10,
    placeholder: "seconds",
    description: "compare at least this often; changes of the cluster are followed at once",
  },
];

/** @throws {UsageError} when a file can't be read, or a certificate comes without its key */
export function registerTls(flags: ParsedFlags): TlsOptions {
  const ca = readPem(flags, "register-ca-file");
  const cert = readPem(flags, "register-cert-file");
  const key = readPem(flags, "register-key");
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError("--register-cert-file and --register-key go together: give both or none");
  }
  return {
    skipVerify: flags.boolean("register-skip-tls-verify"),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
}

function readPem(flags: ParsedFlags, name: string): string | undefined {
  const path = flags.string(name);
  if (path === undefined) return undefined;
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`cannot read the file of --${name}, ${path}: ${reason}`, { cause });
  }
}
