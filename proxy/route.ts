// This module is pure.
/**
 * Where a proxy may forward, and until when. The loop takes these steps in this order, and what they return is all that
 * it acts on: {@link readOrders}, {@link keptTarget} (drop the rest at once), {@link chosenTarget} (drop again),
 * {@link infoToPublish} (publish it), {@link forwardingDeadline} (only now forward).
 */
import type { Instant } from "../common/instant.ts";
import type { ClusterData } from "../cluster/clusterdata.ts";
import type { ClusterSpec } from "../cluster/spec.ts";
import { resolveSpec } from "../cluster/spec_defaults.ts";
import { validateSpec } from "../cluster/spec_validation.ts";

/** Why a proxy forwards nothing. Also the `reason` label of the metric that counts refused clients. */
export type Refusal =
  | "no_good_look"
  | "no_cluster_data"
  | "no_master"
  | "unknown_master"
  | "no_address"
  | "unresolved_address"
  | "not_enabled"
  | "deadline_passed";

/** What each refusal means, for the log. */
export const REFUSAL_MEANING: Readonly<Record<Refusal, string>> = {
  no_good_look: "the store has not been read yet",
  no_cluster_data: "the store holds no cluster data",
  no_master: "the cluster has no master at present",
  unknown_master: "the cluster data names a master that is not among its dbs",
  no_address: "the master's address is not known yet",
  unresolved_address: "the master's address does not resolve",
  not_enabled: "this proxy is not listed in enabledProxies yet",
  deadline_passed: "the last successful look at the store is older than proxyTimeout",
};

/** The db that clients are for, with its address as the document has it. */
export interface Destination {
  readonly dbUid: string;
  readonly host: string;
  readonly port: number;
}

/** A destination with the IP address that its host stood for at the last look. */
export interface Target extends Destination {
  readonly ip: string;
}

/** What one document orders one proxy to do. */
export interface Orders {
  /** To be confirmed in the proxy's info; undefined: there is no document and nothing is published. */
  readonly generation: number | undefined;
  /** The document names a master, whether or not this proxy may forward to it. */
  readonly masterSet: boolean;
  readonly destination: Destination | undefined;
  /** Why there is no destination; undefined with one. */
  readonly refusal: Refusal | undefined;
  readonly proxyTimeoutMs: number;
  readonly proxyCheckIntervalMs: number;
}

export type { Instant };

/** What the store holds of this proxy, as far as the proxy knows. */
export interface Publication {
  readonly generation: number;
  /** As written. */
  readonly proxyTimeoutMs: number;
  /** The timeout by which rights to forward are counted since then; below the written one after it was shortened. */
  readonly rightMs: number;
  /** When the write was begun. */
  readonly startedAt: Instant;
}

/** Times are the defaults as long as nobody has said otherwise. */
const NO_SPEC: ClusterSpec = { initMode: "new" };

/**
 * What `data` orders the proxy `proxyUid` to do.
 * @throws {SpecError} when the cluster spec is invalid: the look has failed
 */
export function readOrders(data: ClusterData | null, proxyUid: string): Orders {
  const spec = data?.cluster?.spec;
  if (spec !== undefined) validateSpec(spec);
  const { proxyTimeoutMs, proxyCheckIntervalMs } = resolveSpec(spec ?? NO_SPEC);
  const timing = { proxyTimeoutMs, proxyCheckIntervalMs };
  const nothing = { destination: undefined, masterSet: false };
  if (data === null) return { ...timing, ...nothing, generation: undefined, refusal: "no_cluster_data" };
  const { generation, spec: proxySpec } = data.proxy;
  if (data.cluster === null) return { ...timing, ...nothing, generation, refusal: "no_cluster_data" };
  const { masterDbUid, enabledProxies } = proxySpec;
  if (generation === 0 || masterDbUid === "") {
    return { ...timing, ...nothing, generation, refusal: "no_master" };
  }
  const destination = destinationOf(data, masterDbUid);
  if (typeof destination === "string") {
    return { ...timing, generation, masterSet: true, destination: undefined, refusal: destination };
  }
  if (!enabledProxies.includes(proxyUid)) {
    return { ...timing, generation, masterSet: true, destination: undefined, refusal: "not_enabled" };
  }
  return { ...timing, generation, masterSet: true, destination, refusal: undefined };
}

function destinationOf(data: ClusterData, dbUid: string): Destination | Refusal {
  const db = Object.hasOwn(data.dbs, dbUid) ? data.dbs[dbUid] : undefined;
  if (db === undefined) return "unknown_master";
  const { listenAddress: host, port: text } = db.status;
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (host === "" || port < 1 || port > 65535) return "no_address";
  return { dbUid, host, port };
}

/**
 * The part of the present target that the orders leave in place. Undefined: whatever is open to it must be dropped now,
 * before anything else is awaited.
 */
export function keptTarget(present: Target | undefined, orders: Orders): Target | undefined {
  const wanted = orders.destination;
  if (present === undefined || wanted === undefined) return undefined;
  return sameDestination(present, wanted) ? present : undefined;
}

function sameDestination(one: Destination, other: Destination): boolean {
  return one.dbUid === other.dbUid && one.host === other.host && one.port === other.port;
}

/** Whether both stand for the same db at the same address: connections to one may go on under the other. */
export function sameTarget(one: Target, other: Target): boolean {
  return sameDestination(one, other) && one.ip === other.ip;
}

/**
 * The target after the name was resolved to `ips`: the present address for as long as the name still stands for it (a
 * name with several addresses must not cut everyone at each look), else the first one.
 */
export function chosenTarget(
  kept: Target | undefined,
  { orders, ips }: { readonly orders: Orders; readonly ips: readonly string[] },
): Target | undefined {
  const first = ips[0];
  if (orders.destination === undefined || first === undefined) return undefined;
  if (kept !== undefined && ips.includes(kept.ip)) return kept;
  return { ...orders.destination, ip: first };
}

/**
 * The info to publish now, or undefined when what was published stands. It carries the greater of the old and the new
 * timeout, because the right that the old one gave may still run. Published at each change and every
 * min(2 x proxyCheckInterval, proxyTimeout): a look that succeeds without publishing began less than one timeout after
 * the last publication, so that no right to forward outlives the two timeouts after which a sentinel gives up a silent
 * proxy. Only a publication that succeeded counts as `published`.
 */
export function infoToPublish(
  published: Publication | undefined,
  { orders, startedAt }: { readonly orders: Orders; readonly startedAt: Instant },
): Publication | undefined {
  if (orders.generation === undefined) return undefined;
  const rightMs = orders.proxyTimeoutMs;
  const proxyTimeoutMs = Math.max(published?.rightMs ?? 0, rightMs);
  const publication = { generation: orders.generation, proxyTimeoutMs, rightMs, startedAt };
  if (published === undefined) return publication;
  if (published.generation !== publication.generation || published.proxyTimeoutMs !== rightMs) {
    return publication;
  }
  const dueMs = Math.min(2 * orders.proxyCheckIntervalMs, rightMs);
  return isPast(addMs(published.startedAt, dueMs), startedAt) ? publication : undefined;
}

/** The instant at which the right that a successful look gave ends, whichever clock gets there first. */
export function forwardingDeadline(lookStartedAt: Instant, orders: Orders): Instant {
  return addMs(lookStartedAt, orders.proxyTimeoutMs);
}

/** Whether `now` has reached `instant` on either clock. */
export function isPast(instant: Instant, now: Instant): boolean {
  return now.monotonicMs >= instant.monotonicMs || now.wallMs >= instant.wallMs;
}

/** Time left until `instant` on the clock that gets there first, in milliseconds; negative afterwards. */
export function remainingMs(instant: Instant, now: Instant): number {
  return Math.min(instant.monotonicMs - now.monotonicMs, instant.wallMs - now.wallMs);
}

function addMs(instant: Instant, ms: number): Instant {
  return { monotonicMs: instant.monotonicMs + ms, wallMs: instant.wallMs + ms };
}
