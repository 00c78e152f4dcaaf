// This module is pure.
/** One look of a leader: statuses first, then the rules in their order, again and again until none changes anything. */
import type { ClusterData } from "../cluster/clusterdata.ts";
import { resolveSpec } from "../cluster/spec_defaults.ts";
import { specProblems } from "../cluster/spec_validation.ts";
import { refreshDbs } from "./db_status.ts";
import type { DecideInput, Decision } from "./decision.ts";
import { type DecisionEvent, waiting } from "./events.ts";
import { pointStandbys } from "./followers.ts";
import { applyForcedFailures } from "./forced_failures.ts";
import { raiseGenerations } from "./generations.ts";
import { initialise } from "./initialising.ts";
import { forgetDeadKeepers, refreshKeepers } from "./keepers.ts";
import type { Look, Outcome, Rule } from "./look.ts";
import { electMaster } from "./master.ts";
import type { Memory } from "./memory.ts";
import { mirrorSpec } from "./mirror_spec.ts";
import { directProxies } from "./proxies.ts";
import { removeFormerMasters, removeHopelessDbs, removeInvalidDbs } from "./removal.ts";
import { addStandbys, completeStandbys, removeExcessStandbys } from "./standbys.ts";
import { updateSynchronousSet } from "./synchronous_set.ts";

/** What was seen becomes the view's status. Each once per look: an operator's mark is used up by being acted on. */
const STATUS_RULES: readonly Rule[] = [refreshKeepers, refreshDbs, applyForcedFailures];

/** The decisions. The order says only which event is told first: they run until they agree. */
const DECISIONS: readonly Rule[] = [
  initialise,
  electMaster,
  forgetDeadKeepers,
  removeFormerMasters,
  removeInvalidDbs,
  removeHopelessDbs,
  removeExcessStandbys,
  addStandbys,
  completeStandbys,
  pointStandbys,
  mirrorSpec,
  updateSynchronousSet,
  directProxies,
];

/** Far more rounds than the rules ever need; more would mean that two of them disagree for ever. */
const MAX_ROUNDS = 20;

/** Decides with the memory that this very look has brought up to date. */
export function applyRules(input: DecideInput, memory: Memory): Decision {
  const obstacle = unusableReason(input.clusterData);
  if (obstacle !== undefined || input.clusterData.cluster === null) {
    const event = waiting({
      rule: "cluster spec",
      level: "error",
      reason: obstacle ?? "there is no cluster",
    });
    return { clusterData: input.clusterData, memory, events: [event] };
  }
  const look = newLook(input, memory);
  const refreshed = runEach(STATUS_RULES, { data: input.clusterData, look });
  const settled = runToFixedPoint(refreshed.data, look);
  const { wallTime } = input.now;
  return {
    clusterData: raiseGenerations(settled.data, { original: input.clusterData, wallTime }),
    memory: settled.memory ?? memory,
    events: [...refreshed.events, ...settled.events],
  };
}

/** A document that this can't act on is left alone: a role that guesses does more harm than one that waits. */
function unusableReason({ cluster }: ClusterData): string | undefined {
  if (cluster === null) return "the document holds no cluster: nothing is decided until one is initialised";
  const problems = specProblems(cluster.spec);
  if (problems.length === 0) return undefined;
  return `the cluster spec is invalid, nothing is decided: ${
    problems.map(({ message }) => message).join("; ")
  }`;
}

function newLook(input: DecideInput, memory: Memory): Look {
  const { clusterData, keeperInfos, proxyInfos, unreadableProxies = [], now, newUid } = input;
  const ours = keeperInfos.filter((info) => info.clusterUID === clusterData.cluster?.uid);
  return {
    original: clusterData,
    spec: resolveSpec(clusterData.cluster?.spec ?? {}),
    memory,
    keeperInfos: new Map(ours.map((info) => [info.uid, info])),
    proxyInfos,
    unreadableProxies,
    now,
    newUid,
  };
}

interface Start {
  readonly data: ClusterData;
  readonly look: Look;
}

function runEach(rules: readonly Rule[], { data, look }: Start): Outcome {
  const events: DecisionEvent[] = [];
  let current = data;
  let memory = look.memory;
  for (const rule of rules) {
    const outcome = rule(current, { ...look, memory, spec: specInForce(current, { data, look }) });
    current = outcome.data;
    memory = outcome.memory ?? memory;
    events.push(...outcome.events);
  }
  return { data: current, events, memory };
}

/** A rule may change the spec (the parameters of the first instance become its own): the next ones go by the new one. */
function specInForce(current: ClusterData, { data, look }: Start): Look["spec"] {
  const spec = current.cluster?.spec;
  return spec === undefined || spec === data.cluster?.spec ? look.spec : resolveSpec(spec);
}

/** Decisions of every round are told; what is waited for only when nothing more can be done. */
function runToFixedPoint(data: ClusterData, firstLook: Look): Outcome {
  const told: DecisionEvent[] = [];
  let current = data;
  let look = firstLook;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const outcome = runEach(DECISIONS, { data: current, look });
    const memory = outcome.memory ?? look.memory;
    if (outcome.data === current) return { data: current, events: [...told, ...outcome.events], memory };
    look = { ...look, memory, spec: specInForce(outcome.data, { data: current, look }) };
    current = outcome.data;
    told.push(...outcome.events.filter((event) => event.kind !== "waiting"));
  }
  const reasons = told.map(({ rule, reason }) => `${rule}: ${reason}`).join("; ");
  throw new Error(`the rules don't agree after ${MAX_ROUNDS} rounds, having decided: ${reasons}`);
}
