import { parseDurationMs } from "../cluster/duration.ts";
import type { ParsedFlags } from "../common/command_line.ts";
import { UsageError } from "../common/errors.ts";
import { endpointUrls } from "./endpoints.ts";
import {
  type Backend,
  BACKENDS,
  type StoreOptions,
  type TlsOptions,
  UNSUPPORTED_BACKENDS,
} from "./options.ts";

/**
 * The store that a program's common flags name, with all files read.
 * @throws {UsageError} one clear line on what is wrong with which flag
 */
export function storeOptionsFromFlags(flags: ParsedFlags): StoreOptions {
  const backend = parseBackend(flags.requiredString("store-backend"));
  const endpoints = splitList(flags.string("store-endpoints"));
  if (backend === "sqlite" && endpoints.length !== 1) {
    throw new UsageError(
      "--store-backend=sqlite needs one --store-endpoints, such as file:///var/lib/stolon/store.db",
    );
  }
  if (backend !== "sqlite") checkUrls(endpoints);
  const credentials = readCredentials(flags);
  const token = backend === "consul" ? Deno.env.get("CONSUL_HTTP_TOKEN") : undefined;
  return {
    backend,
    endpoints,
    prefix: flags.string("store-prefix") ?? "stolon/cluster",
    clusterName: flags.requiredString("cluster-name"),
    timeoutMs: parseTimeout(flags.string("store-timeout") ?? "5s"),
    tls: readTls(flags),
    ...(credentials === undefined ? {} : { credentials }),
    ...(token === undefined || token === "" ? {} : { token }),
  };
}

function parseBackend(name: string): Backend {
  const known = BACKENDS.find((backend) => backend === name);
  if (known !== undefined) return known;
  const supported = `supported are ${BACKENDS.join(", ")}`;
  if (UNSUPPORTED_BACKENDS.includes(name)) {
    throw new UsageError(`--store-backend=${name} is not supported by these programs; ${supported}`);
  }
  throw new UsageError(`unknown --store-backend "${name}"; ${supported}`);
}

function splitList(text: string | undefined): string[] {
  return (text ?? "").split(",").map((item) => item.trim()).filter((item) => item !== "");
}

function checkUrls(endpoints: readonly string[]): void {
  const schemes = new Set<string>();
  for (const endpoint of endpointUrls(endpoints, "http://127.0.0.1")) {
    const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
    if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.hostname === "") {
      throw new UsageError(
        `--store-endpoints: "${endpoint}" is not an address such as http://127.0.0.1:2379`,
      );
    }
    schemes.add(url.protocol);
  }
  if (schemes.size > 1) {
    throw new UsageError("--store-endpoints: give either http or https addresses, not both");
  }
}

function parseTimeout(text: string): number {
  let timeoutMs: number;
  try {
    timeoutMs = parseDurationMs(text);
  } catch (cause) {
    throw new UsageError(`--store-timeout "${text}" is not a duration such as 5s`, { cause });
  }
  if (timeoutMs <= 0) throw new UsageError(`--store-timeout must be greater than 0, not ${text}`);
  return timeoutMs;
}

function readTls(flags: ParsedFlags): TlsOptions {
  const ca = readFile(flags, "store-ca-file");
  const cert = readFile(flags, "store-cert-file");
  const key = readFile(flags, "store-key");
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError("--store-cert-file and --store-key go together: give both or none");
  }
  return {
    skipVerify: flags.boolean("store-skip-tls-verify"),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
}

function readCredentials(flags: ParsedFlags): StoreOptions["credentials"] {
  const username = flags.string("store-username");
  const password = readFile(flags, "store-passwordfile")?.replace(/[\r\n]+$/, "");
  if (username === undefined && password === undefined) return undefined;
  if (username === undefined || password === undefined) {
    throw new UsageError("--store-username and --store-passwordfile go together: give both or none");
  }
  if (password === "") throw new UsageError("the file of --store-passwordfile is empty");
  return { username, password };
}

function readFile(flags: ParsedFlags, name: string): string | undefined {
  const path = flags.string(name);
  if (path === undefined) return undefined;
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`cannot read the file of --${name}, ${path}: ${reason}`, { cause });
  }
}
