// This module is pure.
/** What every rule of one look works with, and what it gives back. */
import type { ClusterData } from "../cluster/clusterdata.ts";
import type { KeeperInfo, ProxyInfo } from "../cluster/infos.ts";
import type { ResolvedSpec } from "../cluster/spec.ts";
import type { Now } from "./decision.ts";
import type { DecisionEvent } from "./events.ts";
import type { Memory } from "./memory.ts";

/** One look, as the rules see it. */
export interface Look {
  /** The document as it was read. What has been reached is judged against it, for nobody has seen the new one yet. */
  readonly original: ClusterData;
  readonly spec: ResolvedSpec;
  /** Up to date with this look. */
  readonly memory: Memory;
  /** By keeper UID, this cluster's only. */
  readonly keeperInfos: ReadonlyMap<string, KeeperInfo>;
  readonly proxyInfos: readonly ProxyInfo[];
  readonly unreadableProxies: readonly string[];
  readonly now: Now;
  readonly newUid: () => string;
}

/** What one rule makes of the view. `data` is the very object that came in when the rule changed nothing. */
export interface Outcome {
  readonly data: ClusterData;
  readonly events: readonly DecisionEvent[];
  /** Present when the rule remembers something. */
  readonly memory?: Memory;
}

/** One decision. Rules are idempotent: applied to their own outcome they change nothing. */
export type Rule = (data: ClusterData, look: Look) => Outcome;

/** The rule has nothing to change, and perhaps something to say. */
export function unchanged(data: ClusterData, ...events: readonly DecisionEvent[]): Outcome {
  return { data, events };
}
