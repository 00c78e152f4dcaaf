import { noop } from "cockatiel";
import { Etcd3, type IDuplexStream, type IOptions } from "etcd3";
import { Buffer } from "node:buffer";
import type { ServerClient } from "../endpoints.ts";
import type { StoreOptions, TlsOptions } from "../options.ts";
import type { RequestLimits, ServerCalls } from "../server_calls.ts";
import { type Authenticator, EtcdTokens } from "./etcd_tokens.ts";
import { prepareTls } from "./tls.ts";

/** Metadata that makes a member end its streams when it has lost the cluster's leader, instead of falling silent. */
const REQUIRE_LEADER = "hasleader";

/** Calls of etcd's servers. */
export type EtcdCalls = ServerCalls<EtcdClient>;

/** The limits of a request as gRPC knows them. An abandoned request runs on until then; its answer is not looked at. */
export function deadline({ timeoutMs }: RequestLimits): { readonly deadline: number } {
  return { deadline: Date.now() + timeoutMs };
}

interface Streams {
  readonly [method: string]: (metadata: unknown, options: object) => unknown;
}

/**
 * `etcd3` for one endpoint, without its own fault handling (circuit breakers, retries): which endpoint is asked and how
 * often is decided by the store. The server's default refuses pings that come more often than every 5 s.
 */
export class EtcdClient extends Etcd3 implements ServerClient {
  readonly #tokens: EtcdTokens | undefined;

  constructor(readonly endpoint: string, options: StoreOptions) {
    super(clientOptions(endpoint, options));
    if (options.credentials === undefined) return;
    const own = this.pool as unknown as { authenticator: Authenticator };
    this.#tokens = new EtcdTokens(new Etcd3(clientOptions(endpoint, options)), {
      ...options.credentials,
      plain: own.authenticator,
    });
    own.authenticator = this.#tokens;
  }

  override close(): void {
    super.close();
    this.#tokens?.close();
  }

  /** Opens a stream that ends by itself when the member has no leader. */
  openStream<T, R>(service: "Watch" | "Lease", method: string): Promise<IDuplexStream<T, R>> {
    return this.pool.withConnection(service, ({ client, metadata }) => {
      const own = metadata.clone();
      own.set(REQUIRE_LEADER, "true");
      // The library types its clients without the methods that they load from the protocol's definition.
      const streams = client as unknown as Streams;
      const stream = streams[method]?.call(client, own, {}) as IDuplexStream<T, R>;
      stream.on("error", (error) => {
        if (error.message.includes("invalid auth token")) this.#tokens?.invalidateMetadata();
      });
      return stream;
    });
  }
}

function clientOptions(endpoint: string, { tls, timeoutMs }: StoreOptions): IOptions {
  const secure = endpoint.startsWith("https:");
  if (secure) prepareTls(endpoint, tls);
  return {
    hosts: [endpoint],
    ...(secure ? { credentials: pemCredentials(tls) } : {}),
    defaultCallOptions: (context) => context.isStream ? {} : { deadline: Date.now() + timeoutMs },
    faultHandling: { host: () => noop, global: noop },
    grpcOptions: {
      "grpc.keepalive_time_ms": 5500,
      "grpc.keepalive_timeout_ms": 1000,
      "grpc.initial_reconnect_backoff_ms": 200,
      "grpc.max_reconnect_backoff_ms": 1000,
      "grpc.enable_http_proxy": 0,
      "grpc.enable_retries": 0,
      "grpc.use_local_subchannel_pool": 1,
    },
  };
}

/** Without an authority of its own the system's are used, which the library's types do not know. */
function pemCredentials({ ca, cert, key }: TlsOptions): NonNullable<IOptions["credentials"]> {
  const pem = {
    ...(ca === undefined ? {} : { rootCertificate: Buffer.from(ca) }),
    ...(cert === undefined ? {} : { certChain: Buffer.from(cert) }),
    ...(key === undefined ? {} : { privateKey: Buffer.from(key) }),
  };
  return pem as NonNullable<IOptions["credentials"]>;
}
