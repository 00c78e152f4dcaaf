/** The HTTP endpoint of a role: metrics for Prometheus, health for whoever restarts or routes. */
import type { Registry } from "prom-client";
import { FatalError } from "./errors.ts";

/** An answer to "are you well?", with the reason for people. */
export interface Health {
  readonly ok: boolean;
  readonly reason: string;
}

export interface HttpOptions {
  /** `host:port`; an empty host means all addresses. */
  readonly address: string;
  readonly registry: Registry;
  /** Whether the process should go on living. */
  readonly live: () => Health;
  /** Whether it does its work right now. */
  readonly ready: () => Health;
  /** Further paths, as `/primary`. */
  readonly routes?: Readonly<Record<string, (url: URL) => Health>>;
}

/**
 * Serves until `close`.
 * @throws {FatalError} when the address is wrong or taken
 */
export function serveHttp(options: HttpOptions): { readonly close: () => Promise<void> } {
  const { hostname, port } = parseListenAddress(options.address);
  const checks: Record<string, (url: URL) => Health> = {
    "/livez": options.live,
    "/readyz": options.ready,
    ...options.routes,
  };
  const handle = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response("GET only\n", { status: 405 });
    }
    if (url.pathname === "/metrics") return await metricsResponse(options.registry);
    const check = checks[url.pathname];
    if (check === undefined) return new Response("not found\n", { status: 404 });
    const health = check(url);
    return new Response(`${health.reason}\n`, { status: health.ok ? 200 : 503 });
  };
  try {
    const server = Deno.serve({ hostname, port, onListen: () => {} }, handle);
    return { close: () => server.shutdown() };
  } catch (error) {
    throw new FatalError(`cannot serve metrics on ${options.address}`, { cause: error });
  }
}

async function metricsResponse(registry: Registry): Promise<Response> {
  return new Response(await registry.metrics(), { headers: { "content-type": registry.contentType } });
}

/**
 * Splits `host:port`, `:port` and `[::1]:port`.
 * @throws {FatalError} naming the address
 */
export function parseListenAddress(address: string): { readonly hostname: string; readonly port: number } {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) {
    throw new FatalError(`listen address "${address}" is not of the form host:port`);
  }
  const hostname = match[1] ?? match[2] ?? "";
  return { hostname: hostname === "" ? "0.0.0.0" : hostname, port };
}
