// This module is pure.
/** When each proxy's info last changed before our eyes. A proxy whose key is gone is forgotten. */
import type { Observation } from "./decision.ts";
import type { Memory } from "./memory.ts";

/** A proxy's clock starts when its info is first found and anew at each change. */
export function observeProxies({ proxyInfos }: Observation, memory: Memory): Memory["proxies"] {
  return Object.fromEntries(proxyInfos.map((info) => {
    const before = memory.proxies[info.UID];
    const unchanged = before !== undefined && before.infoUID === info.infoUID;
    return [info.UID, unchanged ? before : { infoUID: info.infoUID, changedWatchedMs: memory.watchedMs }];
  }));
}
