/**
 * Mistakes that somebody might make in the decisions one day. Each is a change of one line of their source; the simulation
 * is worth what it catches of them.
 */

export interface Mutation {
  /** The mistake in words. */
  readonly name: string;
  /** Path in the repository. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

const CANDIDATES = "sentinel/candidates.ts";
const MASTER = "sentinel/master.ts";
const PROXIES = "sentinel/proxies.ts";
const SYNCHRONOUS = "sentinel/synchronous_set.ts";

export const MUTATIONS: readonly Mutation[] = [
  {
    name: "the least advanced candidate is elected",
    file: CANDIDATES,
    find: ".sort((a, b) => byPosition(b.db, a.db)",
    replace: ".sort((a, b) => byPosition(a.db, b.db)",
  },
  {
    name: "a standby that isn't known to be in sync may be elected",
    file: CANDIDATES,
    find: "if (!master.status.synchronousStandbys.includes(db.uid)) objections.push",
    replace: "if (false) objections.push",
  },
  {
    name: "the synchronous set is ignored in elections",
    file: CANDIDATES,
    find:
      "return master.spec.synchronousReplication ? synchronousObjections(candidacy) : lagObjections(candidacy);",
    replace: "return lagObjections(candidacy);",
  },
  {
    name: "maxStandbyLag is ignored",
    file: CANDIDATES,
    find: "if (highestKnown(look, master) - db.status.xLogPos <= look.spec.maxStandbyLagBytes) return [];",
    replace: "return [];",
  },
  {
    name: "a keeper that may not be master is elected",
    file: CANDIDATES,
    find: "return allowed ? [] : [",
    replace: "return true ? [] : [",
  },
  {
    name: "a stale candidate is elected",
    file: MASTER,
    find: "possible.find((candidate) => candidate.fresh)",
    replace: "possible.find(() => true)",
  },
  {
    name: "a new leader holds everybody for dead whom it has not seen",
    file: "sentinel/observe_keepers.ts",
    find: "const aliveWatchedMs = memory.watchedMs;",
    replace: "const aliveWatchedMs = -1e9;",
  },
  {
    name: "a master is replaced at its first bad report",
    file: "sentinel/health.ts",
    find: "inErrorMs >= look.spec.failIntervalMs",
    replace: "inErrorMs >= 0",
  },
  {
    name: "the proxies' barrier is skipped",
    file: PROXIES,
    find: "if (Object.keys(obstacles).length > 0) return",
    replace: "if (false) return",
  },
  {
    name: "the master is changed under the proxies in one step",
    file: PROXIES,
    find: "return withdraw(data);",
    replace:
      "return { data: withProxySpec(data, { ...data.proxy.spec, masterDbUid: masterUid(data) }), events: [] };",
  },
  {
    name: "a silent proxy is given up after once its timeout",
    file: PROXIES,
    find: "return 2 * (ownMs > 0 ? ownMs : spec.proxyTimeoutMs);",
    replace: "return ownMs > 0 ? ownMs : spec.proxyTimeoutMs;",
  },
  {
    name: "a proxy's right to forward lasts three timeouts",
    file: "proxy/route.ts",
    find: "return addMs(lookStartedAt, orders.proxyTimeoutMs);",
    replace: "return addMs(lookStartedAt, 3 * orders.proxyTimeoutMs);",
  },
  {
    name: "the required set is changed in one step",
    file: SYNCHRONOUS,
    find: "const required = complete ? wanted.standbys : union(before, wanted.standbys);",
    replace: "const required = wanted.standbys;",
  },
  {
    name: "whoever is required counts as in sync",
    file: SYNCHRONOUS,
    find: "if (!wasRequired || !report?.synchronousStandbys.includes(uid)) return false;",
    replace: "return true;",
  },
  {
    name: "no name fills the gap when there are too few synchronous standbys",
    file: SYNCHRONOUS,
    find: "externalSynchronousStandbys: mustBlock ? [FAKE_STANDBY] : [],",
    replace: "externalSynchronousStandbys: [],",
  },
  {
    name: "nobody replaces a master that is silent",
    file: "sentinel/health.ts",
    find: 'if (silenceMs(look, keeperUid) >= keeperPatienceMs(look.spec)) return "silent";',
    replace: 'if (silenceMs(look, keeperUid) >= Infinity) return "silent";',
  },
  {
    name: "a former master's db is never removed",
    file: "sentinel/removal.ts",
    find: "isFormerMaster(data, db) && keeperVerdict",
    replace: "false && isFormerMaster(data, db) && keeperVerdict",
  },
  {
    name: "a hopeless standby is left alone",
    file: "sentinel/removal.ts",
    find: "if (standstill === undefined || standstill.count < HOPELESS_AFTER_REPORTS) return false;",
    replace: "return false;",
  },
  {
    name: "an operator's mark is never taken back",
    file: "sentinel/forced_failures.ts",
    find: "{ forceFail: false, healthy: false }",
    replace: "{ healthy: false }",
  },
  {
    name: "a primary does not promote",
    file: "keeper/plan_role.ts",
    find: "goal.source === null && facts.inRecovery",
    replace: "false && facts.inRecovery",
  },
  {
    name: "slots of followers are dropped",
    file: "keeper/plan_slots.ts",
    find: "const followers = db.spec.followers.map(standbyName);",
    replace: "const followers: string[] = [];",
  },
  {
    name: "a diverged instance is followed",
    file: "keeper/resync_method.ts",
    find: "const parting = divergence(question.localWal, question.source);",
    replace: "const parting = undefined;",
  },
  {
    name: "histories that only look alike are joined",
    file: "keeper/resync_method.ts",
    find: "if (twoWriters !== undefined) return",
    replace: "if (false) return",
  },
];
