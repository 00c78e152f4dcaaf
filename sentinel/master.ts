// This module is pure.
/**
 * Whether the master must be replaced, and by whom. One election per look: the elected one has to be heard first.
 *
 * Why this is safe. (1) The reason is something that this process saw for itself, for as long as the spec demands.
 * (2) No proxy forwards to two masters: `proxies.ts` takes the master away first and publishes the new one only when
 * all have confirmed. (3) The winner has every write that was acknowledged under the rule of the old master's own
 * assignment (`candidates.ts`). (4) Under synchronous replication the new master starts with the same number of required
 * standbys, so it acknowledges nothing alone, and with nobody known in sync, so nobody can be elected after it before
 * having been seen in sync with *it*.
 */
import type { ClusterData, Db } from "../cluster/clusterdata.ts";
import { formatLsn } from "../cluster/lsn.ts";
import { type Candidate, candidateName, candidatesOf, highestKnown } from "./candidates.ts";
import { decided, type DecisionEvent, type Facts, waiting } from "./events.ts";
import { failureReason, silenceMs } from "./health.ts";
import { type Look, type Outcome, unchanged } from "./look.ts";
import { headRole, replicatesSynchronously } from "./new_db.ts";
import { SLACK_MS } from "./periods.ts";
import { FAKE_STANDBY } from "./synchronous_set.ts";
import { masterOf, masterUid, nameOf, withClusterStatus, withDbSpec } from "./view.ts";

/** Replaces a master that has failed. */
export function electMaster(data: ClusterData, look: Look): Outcome {
  if (data.cluster?.status.phase !== "normal" || masterUid(data) !== masterUid(look.original)) {
    return unchanged(data);
  }
  const master = masterOf(data);
  if (master === undefined) return unchanged(data, missingMaster(data));
  const failure = masterFailure(data, { master, look });
  if (failure === undefined) return unchanged(data, ...unconfirmedFailure({ master, look }));
  const succession = chooseSuccessor(data, { master, look });
  if (succession.winner === undefined) {
    return unchanged(data, noSuccessor(succession, { master, look, failure }));
  }
  const { winner, candidates } = succession;
  return {
    data: install(data, { master, winner, look }),
    events: [elected({ master, winner, candidates, failure, look })],
  };
}

interface MasterLook {
  readonly master: Db;
  readonly look: Look;
}

/** Why the master must be replaced, as a clause that follows its name. */
function masterFailure(data: ClusterData, { master, look }: MasterLook): string | undefined {
  const keeperUid = master.spec.keeperUID;
  const wasForced = look.original.keepers[keeperUid]?.status.forceFail ?? false;
  if (wasForced && !data.keepers[keeperUid]?.status.forceFail) {
    return "an operator declared its keeper failed";
  }
  if (data.keepers[keeperUid] === undefined) return `its keeper ${keeperUid} was removed`;
  return failureReason(look, master);
}

/** What the election would come to. */
export interface Succession {
  readonly candidates: readonly Candidate[];
  readonly winner: Db | undefined;
  /** Candidates that lack nothing but a fresh report. */
  readonly awaited: readonly Db[];
}

/**
 * The most advanced candidate without objections wins, then the lowest UID. One whose report isn't fresh is no candidate;
 * if one that is further ahead lacks nothing else, its next report is worth waiting for, but no longer than the keeper
 * may take for it. (Under synchronous replication all of them have everything that was acknowledged.)
 */
export function chooseSuccessor(data: ClusterData, { master, look }: MasterLook): Succession {
  const candidates = candidatesOf(data, { master, look });
  const possible = candidates.filter((candidate) => candidate.objections.length === 0);
  const best = possible.find((candidate) => candidate.fresh)?.db;
  const awaited = possible.filter((candidate) => !candidate.fresh).map((candidate) => candidate.db);
  const worthWaiting = awaited.some((db) =>
    best !== undefined && !master.spec.synchronousReplication &&
    db.status.xLogPos > best.status.xLogPos && reportIsDue(look, db)
  );
  return { candidates, awaited, winner: worthWaiting ? undefined : best };
}

function reportIsDue(look: Look, db: Db): boolean {
  return silenceMs(look, db.spec.keeperUID) <= 2 * look.spec.sleepIntervalMs + SLACK_MS;
}

interface Change extends MasterLook {
  readonly winner: Db;
}

/**
 * The old master loses its followers; the new one starts with none of its own, so that nobody follows it before its
 * timeline stands. It inherits the *required* standbys, the old master in its own place, and not the known ones.
 */
function install(data: ClusterData, { master, winner, look }: Change): ClusterData {
  const withoutFollowers = withDbSpec(data, master.uid, { followers: [] });
  const role = headRole(look.spec);
  const promoted = withDbSpec(withoutFollowers, winner.uid, {
    ...role,
    initMode: "none",
    includePreviousConfig: false,
    followers: [],
    ...inheritedRequirement({ master, winner, look }),
  });
  const db = promoted.dbs[winner.uid] ?? winner;
  const unknown = { ...db, status: { ...db.status, synchronousStandbys: [] } };
  return withClusterStatus({ ...promoted, dbs: { ...promoted.dbs, [db.uid]: unknown } }, { master: db.uid });
}

function inheritedRequirement({ master, winner, look }: Change) {
  const required = master.spec.synchronousStandbys;
  if (!master.spec.synchronousReplication || !replicatesSynchronously(look.spec) || required === null) {
    const synchronousReplication = master.spec.synchronousReplication && replicatesSynchronously(look.spec);
    const none = synchronousReplication ? [] : null;
    return { synchronousReplication, synchronousStandbys: none, externalSynchronousStandbys: none };
  }
  const inherited = required.map((uid) => uid === winner.uid ? master.uid : uid).toSorted();
  const mustBlock = inherited.length === 0 && look.spec.minSynchronousStandbys > 0;
  return {
    synchronousReplication: true,
    synchronousStandbys: inherited,
    externalSynchronousStandbys: mustBlock ? [FAKE_STANDBY] : [],
  };
}

interface Election extends Change {
  readonly candidates: readonly Candidate[];
  readonly failure: string;
}

function elected({ master, winner, candidates, failure, look }: Election): DecisionEvent {
  const why = master.spec.synchronousReplication
    ? "it was required and known to be in sync, so it has every acknowledged write"
    : "it is the most advanced candidate";
  return decided({
    rule: "election",
    level: "warn",
    reason: `${nameOf(winner)} is elected master (${why}), because the master, ${
      nameOf(master)
    }, has failed: ${failure}`,
    facts: {
      oldMaster: { db: master.uid, lastKnownPosition: formatLsn(highestKnown(look, master)) },
      candidates: candidateFacts(candidates),
    },
  });
}

function noSuccessor(
  { candidates, awaited }: Succession,
  { master, look, failure }: MasterLook & { readonly failure: string },
): DecisionEvent {
  const facts = {
    lastKnownPosition: formatLsn(highestKnown(look, master)),
    candidates: candidateFacts(candidates),
  };
  const failed = `the master, ${nameOf(master)}, has failed: ${failure}`;
  if (awaited.length > 0) {
    const names = awaited.map((db) => `${db.uid} (${db.spec.keeperUID})`).join(", ");
    const reason =
      `${failed}; waiting for the next report of ${names}, the last one being too old to elect on`;
    return waiting({ rule: "election", level: "warn", reason, facts });
  }
  const list = candidates.map(({ db, objections }) => `${candidateName(db)}: ${objections.join(", ")}`);
  const why = list.length === 0 ? "there is no other db" : list.join("; ");
  return waiting({
    rule: "election",
    level: "error",
    reason: `${failed}, but there is no eligible master: ${why}`,
    facts,
  });
}

function candidateFacts(candidates: readonly Candidate[]): Facts {
  return Object.fromEntries(candidates.map(({ db, objections, fresh, facts }) => [
    db.uid,
    { ...facts, fresh, ...(objections.length > 0 ? { objections } : {}) },
  ]));
}

/** The document calls the master unhealthy, but this process can't confirm it yet. */
function unconfirmedFailure({ master, look }: MasterLook): DecisionEvent[] {
  if (master.status.healthy || look.memory.dbs[master.uid]?.error !== undefined) return [];
  const reason =
    `master ${nameOf(master)} is unhealthy by the document; this sentinel decides nothing about it before ` +
    `it has watched for itself`;
  return [waiting({ rule: "election", level: "warn", reason })];
}

function missingMaster(data: ClusterData): DecisionEvent {
  const reason =
    `the document names db ${masterUid(data) || "(none)"} as master, which it doesn't contain; nothing is ` +
    `decided until an operator mends it`;
  return waiting({ rule: "election", level: "error", reason });
}
