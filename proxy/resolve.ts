/** Names to addresses, as the system resolves them (`/etc/hosts` and all). */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/** A name that takes longer counts as one that does not resolve. */
export const RESOLVE_TIMEOUT_MS = 2000;

/** An outcome of {@link resolveHost}: without addresses there is an error. */
export interface Resolved {
  readonly ips: readonly string[];
  readonly error?: unknown;
}

/** All addresses of `host` in the system's order; an address stands for itself. Never throws. */
export async function resolveHost(host: string, timeoutMs = RESOLVE_TIMEOUT_MS): Promise<Resolved> {
  if (isIP(host) !== 0) return { ips: [host] };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Resolved>((resolve) => {
    const error = new Error(`no answer within ${timeoutMs} ms`);
    timer = setTimeout(() => resolve({ ips: [], error }), timeoutMs);
  });
  try {
    return await Promise.race([late, lookUp(host)]);
  } finally {
    clearTimeout(timer);
  }
}

async function lookUp(host: string): Promise<Resolved> {
  try {
    const found = await lookup(host, { all: true });
    return { ips: found.map(({ address }) => address) };
  } catch (error) {
    return { ips: [], error };
  }
}
