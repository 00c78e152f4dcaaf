import { Buffer } from "node:buffer";
import http from "node:http";
import https from "node:https";
import type { ServerClient } from "../endpoints.ts";
import type { StoreOptions } from "../options.ts";
import type { ServerCalls } from "../server_calls.ts";

/** Calls of Consul's servers. */
export type ConsulCalls = ServerCalls<ConsulClient>;

export interface ConsulRequest {
  readonly method: "GET" | "PUT" | "DELETE";
  /** Below `/v1/`, encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface ConsulResponse {
  readonly status: number;
  readonly text: string;
  /** `X-Consul-Index`, for blocking queries; empty when there is none. */
  readonly index: string;
  /** Consul left out what the token may not see. */
  readonly filtered: boolean;
}

/**
 * HTTP to one Consul agent. `node:http` and not `fetch`: it can accept any certificate, and no proxy variable of the
 * environment leads it astray.
 */
export class ConsulClient implements ServerClient {
  readonly endpoint: string;
  readonly #base: URL;
  readonly #agent: http.Agent;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(endpoint: string, { tls, token }: Pick<StoreOptions, "tls" | "token">) {
    this.endpoint = endpoint;
    this.#base = new URL(endpoint);
    this.#headers = token === undefined ? {} : { "X-Consul-Token": token };
    const keep = { keepAlive: true, maxSockets: Infinity };
    this.#agent = this.#base.protocol === "https:"
      ? new https.Agent({
        ...keep,
        rejectUnauthorized: !tls.skipVerify,
        ...(tls.ca === undefined ? {} : { ca: tls.ca }),
        ...(tls.cert === undefined ? {} : { cert: tls.cert }),
        ...(tls.key === undefined ? {} : { key: tls.key }),
      })
      : new http.Agent(keep);
  }

  /** Sends the request and reads the whole answer. Fails when the signal ends it or the connection breaks. */
  send({ method, path, query = {}, body, signal }: ConsulRequest): Promise<ConsulResponse> {
    const url = new URL(`/v1/${path}`, this.#base);
    url.search = new URLSearchParams(query).toString();
    const payload = body === undefined ? undefined : Buffer.from(body);
    const { promise, resolve, reject } = Promise.withResolvers<ConsulResponse>();
    const module = url.protocol === "https:" ? https : http;
    const request = module.request(url, {
      agent: this.#agent,
      method,
      headers: { ...this.#headers, "Content-Length": String(payload?.length ?? 0) },
    });
    // Not by the request's own `signal`: Deno ends a request by it only once an answer has begun.
    const abandon = () => {
      reject(signal.reason);
      request.destroy();
    };
    signal.addEventListener("abort", abandon, { once: true });
    promise.finally(() => signal.removeEventListener("abort", abandon)).catch(() => {});
    request.on("error", reject);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("aborted", () => reject(new Error("the connection broke in the middle of the answer")));
      response.on("end", () => {
        if (!response.complete) return reject(new Error("the connection broke in the middle of the answer"));
        resolve({
          status: response.statusCode ?? 0,
          text: Buffer.concat(chunks).toString(),
          index: header(response, "x-consul-index"),
          filtered: header(response, "x-consul-results-filtered-by-acls") === "true",
        });
      });
    });
    if (signal.aborted) abandon();
    else request.end(payload);
    return promise;
  }

  close(): void {
    this.#agent.destroy();
  }
}

function header(response: http.IncomingMessage, name: string): string {
  const value = response.headers[name];
  return typeof value === "string" ? value : "";
}
