/** Network addresses of a role's flags, in the words of Deno's `--allow-net`. */
import type { FlagLookup } from "./role_flags.ts";

const DEFAULT_ENDPOINTS: Readonly<Record<string, string>> = {
  etcdv3: "http://127.0.0.1:2379",
  consul: "http://127.0.0.1:8500",
};
const MAX_PORT = 65535;
const DEFAULT_REGISTER_ENDPOINT = "http://127.0.0.1:8500";

/** Addresses of the store, and of Consul's catalogue where `stolonctl register` keeps it. */
export function storeAddressGrants(flags: FlagLookup): string[] {
  const backend = flags.value("store-backend") ?? "";
  const store = backend === "sqlite"
    ? ""
    : flags.value("store-endpoints") ?? DEFAULT_ENDPOINTS[backend] ?? "";
  const register = flags.hasWord("register")
    ? flags.value("register-endpoints") ?? DEFAULT_REGISTER_ENDPOINT
    : "";
  return [store, register].flatMap((list) => list.split(",")).map((endpoint) => endpoint.trim())
    .filter((endpoint) => endpoint !== "").flatMap(endpointGrants);
}

/** Grants to connect to one endpoint, with or without a scheme. An endpoint without a port grants the whole host. */
export function endpointGrants(endpoint: string): string[] {
  const authority = endpoint.replace(/^[a-z]+:\/\//i, "").replace(/[/?#].*$/, "").replace(/^.*@/, "");
  const { host, port } = hostAndPort(authority);
  // What is no address at all is for the role to refuse, in its own words.
  if (!isExpressible(host, port)) return [];
  const suffix = port === "" ? "" : `:${port}`;
  if (isAddress(host)) return [`${host}${suffix}`];
  // Looking a name up takes the name without a port. Some clients look it up themselves and then ask for the address,
  // which may change while the role runs.
  const addresses = host === "localhost" ? ["127.0.0.1", "[::1]"] : ["0.0.0.0/0"];
  return [host, ...addresses.map((address) => `${address}${suffix}`)];
}

/** Grants to listen on `host:port`; without a host, on every address. */
export function listenGrants(address: string): string[] {
  const { host, port } = hostAndPort(address);
  if (!isExpressible(host === "" ? "0.0.0.0" : host, port) || port === "") return [];
  return host === "" ? [`0.0.0.0:${port}`, `[::]:${port}`] : [`${host}:${port}`];
}

function hostAndPort(authority: string): { host: string; port: string } {
  const match = /^(\[[^\]]*\]|[^:]*)(?::([0-9]*))?$/.exec(authority);
  return { host: match?.[1] ?? authority, port: match?.[2] ?? "" };
}

function isExpressible(host: string, port: string): boolean {
  const isName = /^[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*$/i.test(host);
  const isHost = isName || (/^\[[0-9a-f:.]+\]$/i.test(host) && URL.canParse(`http://${host}`));
  return isHost && Number(port) <= MAX_PORT;
}

function isAddress(host: string): boolean {
  return host.startsWith("[") || /^[0-9.]+$/.test(host);
}
