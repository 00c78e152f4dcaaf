/**
 * TLS for `etcd3` under Deno. Its gRPC library passes an IP address as the server's name, which Deno refuses, and offers
 * no way to accept any certificate. So connections that speak HTTP/2, which are etcd's and nobody else's in these
 * programs, are corrected where they are made. Import this before the first connection.
 */
import net from "node:net";
import tls from "node:tls";

interface ConnectOptions {
  host?: string;
  servername?: string;
  socket?: { readonly remotePort?: number };
  ALPNProtocols?: unknown;
  rejectUnauthorized?: boolean;
  checkServerIdentity?: () => undefined;
}

type Connect = (options: ConnectOptions, ...rest: unknown[]) => object;

/** `host:port` of servers whose certificates are not looked at. */
const unverified = new Set<string>();
let installed = false;

/** Corrects TLS connections to etcd from now on, in the whole process. */
export function prepareTls(endpoint: string, { skipVerify }: { readonly skipVerify: boolean }): void {
  const { hostname, port } = new URL(endpoint);
  const server = `${hostname}:${port === "" ? 443 : port}`;
  if (skipVerify) unverified.add(server);
  else unverified.delete(server);
  if (installed) return;
  installed = true;
  const module = tls as unknown as { connect: Connect };
  const connect = module.connect;
  module.connect = (options, ...rest) => {
    if (!isHttp2(options)) return connect(options, ...rest);
    const skip = unverified.has(`${options.servername}:${options.socket?.remotePort}`);
    const socket = connect(corrected(options, skip), ...rest);
    if (skip) claimAuthorized(socket);
    return socket;
  };
}

function isHttp2(options: ConnectOptions | undefined): options is ConnectOptions {
  return Array.isArray(options?.ALPNProtocols) && options.ALPNProtocols.includes("h2");
}

function corrected(options: ConnectOptions, skip: boolean): ConnectOptions {
  const own = { ...options };
  if (own.servername !== undefined && net.isIP(own.servername) !== 0) {
    own.host ??= own.servername;
    delete own.servername;
  }
  return skip ? { ...own, rejectUnauthorized: false, checkServerIdentity: () => undefined } : own;
}

/** The gRPC library looks at `authorized` by itself. */
function claimAuthorized(socket: object): void {
  Object.defineProperty(socket, "authorized", { get: () => true, set: () => {}, configurable: true });
}
