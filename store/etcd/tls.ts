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
  ALPNProtocols?: unknown;
  rejectUnauthorized?: boolean;
  checkServerIdentity?: () => undefined;
}

type Connect = (options: ConnectOptions, ...rest: unknown[]) => object;

let skipVerify = false;
let installed = false;

/**
 * Corrects etcd's TLS connections from now on, in the whole process.
 * @param skip accept any server certificate
 */
export function prepareTls(skip: boolean): void {
  skipVerify = skip;
  if (installed) return;
  installed = true;
  const module = tls as unknown as { connect: Connect };
  const connect = module.connect;
  module.connect = (options, ...rest) => {
    if (!isHttp2(options)) return connect(options, ...rest);
    const socket = connect(corrected(options), ...rest);
    if (skipVerify) claimAuthorized(socket);
    return socket;
  };
}

function isHttp2(options: ConnectOptions | undefined): options is ConnectOptions {
  return Array.isArray(options?.ALPNProtocols) && options.ALPNProtocols.includes("h2");
}

function corrected(options: ConnectOptions): ConnectOptions {
  const own = { ...options };
  if (own.servername !== undefined && net.isIP(own.servername) !== 0) {
    own.host ??= own.servername;
    delete own.servername;
  }
  if (skipVerify) {
    own.rejectUnauthorized = false;
    own.checkServerIdentity = () => undefined;
  }
  return own;
}

/** The gRPC library looks at `authorized` by itself. */
function claimAuthorized(socket: object): void {
  Object.defineProperty(socket, "authorized", { get: () => true, set: () => {}, configurable: true });
}
