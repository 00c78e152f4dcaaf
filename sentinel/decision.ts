// This module is pure.
/** What goes into a decision and what comes out: plain readonly data, but for the source of UIDs. */
import type { ClusterData } from "../cluster/clusterdata.ts";
import type { KeeperInfo, ProxyInfo } from "../cluster/infos.ts";
import type { DecisionEvent } from "./events.ts";
import type { Memory } from "./memory.ts";

/** The time of a look, taken after everything was read. */
export interface Now {
  /** The process's own monotonic clock: everything about health is judged by it. */
  readonly monotonicMs: number;
  /** RFC 3339, for the times in the document. */
  readonly wallTime: string;
}

/** Everything that one look found. */
export interface Observation {
  /** As read from the store; null: there is no document. */
  readonly clusterData: ClusterData | null;
  readonly keeperInfos: readonly KeeperInfo[];
  readonly proxyInfos: readonly ProxyInfo[];
  /**
   * UIDs of proxies whose info is there but can't be read. They may be forwarding, and nobody knows what they have
   * confirmed: while one is there, no new master is published.
   */
  readonly unreadableProxies?: readonly string[];
  readonly memory: Memory;
  readonly now: Now;
}

/** A look of a leader: there is a document, and it may need new UIDs. */
export interface DecideInput extends Observation {
  readonly clusterData: ClusterData;
  /** A UID (8 hex digits) that nobody has, new at each call. */
  readonly newUid: () => string;
}

/** What a look comes to. */
export interface Decision {
  /** The view that should be in the store; the very object that came in when nothing changed. */
  readonly clusterData: ClusterData;
  /** To be kept, and handed in at the next look, whether or not the view could be written. */
  readonly memory: Memory;
  readonly events: readonly DecisionEvent[];
}
