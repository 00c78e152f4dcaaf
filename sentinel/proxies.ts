// This module is pure.
/**
 * Where the proxies forward, and which of them may. A master is never replaced in one step: first nobody forwards
 * (`masterDbUid` empty, a new generation), then every active proxy confirms exactly that generation, then the new master
 * is published together with those proxies.
 *
 * Why this is safe. A proxy publishes the generation that it obeys only after it has dropped what that generation
 * forbids. One that is silent counts as active for twice its own timeout, from the last change that we saw: it publishes
 * within one timeout of a good look, and forwards for at most one more without another. One that we don't know is not in
 * `enabledProxies`, so it forwards nothing. After a change of leader every proxy found counts as active.
 */
import type { ClusterData, ProxySpec } from "../cluster/clusterdata.ts";
import type { ProxyInfo } from "../cluster/infos.ts";
import type { ResolvedSpec } from "../cluster/spec.ts";
import { sameValue } from "../cluster/same_value.ts";
import { decided, type Facts, secondsFact, waiting } from "./events.ts";
import { convergence } from "./health.ts";
import { type Look, type Outcome, unchanged } from "./look.ts";
import { hasConverged, masterOf, masterUid, nameOf } from "./view.ts";

const NANOSECONDS_PER_MS = 1_000_000n;

/** Takes a former master away from the proxies, publishes the new one, keeps the list of active proxies. */
export function directProxies(data: ClusterData, look: Look): Outcome {
  if (data.cluster?.status.phase !== "normal") return unchanged(data);
  const { masterDbUid } = data.proxy.spec;
  if (masterDbUid !== "" && masterDbUid !== masterUid(data)) return withdraw(data);
  return masterDbUid === "" ? publishMaster(data, look) : keepActiveProxies(data, look);
}

function withdraw(data: ClusterData): Outcome {
  const event = decided({
    rule: "proxies",
    level: "warn",
    reason:
      `the proxies are told to drop their connections to db ${data.proxy.spec.masterDbUid}, which is no longer ` +
      `the master`,
    facts: { enabledProxies: data.proxy.spec.enabledProxies },
  });
  return { data: withProxySpec(data, { masterDbUid: "", enabledProxies: [] }), events: [event] };
}

/**
 * A new master is published when the proxies have confirmed and it has become what it was told to be: clients would find
 * a server that is still read-only. If it can't get there in time and nobody can replace it, it is better than nothing.
 */
function publishMaster(data: ClusterData, look: Look): Outcome {
  const master = masterOf(data);
  if (master === undefined || !sameValue(data.proxy.spec, look.original.proxy.spec)) return unchanged(data);
  const obstacles = barrierObstacles(data, look);
  if (Object.keys(obstacles).length > 0) return unchanged(data, waitForProxies(data, obstacles));
  const isReady = masterUid(look.original) === master.uid && master.status.healthy &&
    (hasConverged(master, look) || convergence(look, master) === "failed");
  if (!isReady) {
    const reason = `the proxies get their new master when ${nameOf(master)} is healthy and has taken over`;
    return unchanged(data, waiting({ rule: "proxies", reason }));
  }
  const enabledProxies = activeProxies(look).map((info) => info.UID);
  const event = decided({
    rule: "proxies",
    reason: `the proxies forward to ${
      nameOf(master)
    }: all active ones have confirmed that they forward nowhere else`,
    facts: { enabledProxies, confirmedGeneration: data.proxy.generation },
  });
  return { data: withProxySpec(data, { masterDbUid: master.uid, enabledProxies }), events: [event] };
}

/** By proxy UID, what keeps the new master from being published. */
function barrierObstacles(data: ClusterData, look: Look): Facts {
  const generation = data.proxy.generation;
  const late = activeProxies(look).filter((info) => info.Generation !== generation).map((info) => [
    info.UID,
    {
      confirmed: info.Generation,
      wanted: generation,
      ignoredAfter: secondsFact(patienceMs(info, look.spec)),
    },
  ]);
  const unreadable = look.unreadableProxies.map((uid) => [uid, "its info can't be read"]);
  return Object.fromEntries([...late, ...unreadable]);
}

function waitForProxies(data: ClusterData, obstacles: Facts) {
  const reason = `the proxies get no master before all active ones have confirmed generation ` +
    `${data.proxy.generation}: waiting for ${Object.keys(obstacles).join(", ")}`;
  return waiting({ rule: "proxies", reason, facts: obstacles });
}

function keepActiveProxies(data: ClusterData, look: Look): Outcome {
  const before = data.proxy.spec.enabledProxies;
  const unreadable = before.filter((uid) => look.unreadableProxies.includes(uid));
  const enabledProxies = [...activeProxies(look).map((info) => info.UID), ...unreadable].toSorted();
  if (sameValue(before, enabledProxies)) return unchanged(data);
  const added = enabledProxies.filter((uid) => !before.includes(uid));
  const removed = before.filter((uid) => !enabledProxies.includes(uid));
  const event = decided({
    rule: "proxies",
    reason: [
      ...(added.length > 0 ? [`proxy ${added.join(", ")} may forward: it has shown up`] : []),
      ...(removed.length > 0 ? [`proxy ${removed.join(", ")} may no longer forward: it is gone`] : []),
    ].join("; "),
    facts: { enabledProxies },
  });
  return { data: withProxySpec(data, { ...data.proxy.spec, enabledProxies }), events: [event] };
}

/** Proxies that may be forwarding, in order of UID. */
export function activeProxies(look: Pick<Look, "memory" | "proxyInfos" | "spec">): ProxyInfo[] {
  return look.proxyInfos.filter((info) => {
    const changed = look.memory.proxies[info.UID]?.changedWatchedMs ?? look.memory.watchedMs;
    return look.memory.watchedMs - changed < patienceMs(info, look.spec);
  }).toSorted((a, b) => a.UID < b.UID ? -1 : 1);
}

/** How long a silent proxy may still be forwarding: twice its own timeout, or the spec's if it doesn't say. */
export function patienceMs(info: ProxyInfo, spec: ResolvedSpec): number {
  const ownMs = Number(info.ProxyTimeout / NANOSECONDS_PER_MS);
  return 2 * (ownMs > 0 ? ownMs : spec.proxyTimeoutMs);
}

function withProxySpec(data: ClusterData, spec: ProxySpec): ClusterData {
  return { ...data, proxy: { ...data.proxy, spec } };
}
