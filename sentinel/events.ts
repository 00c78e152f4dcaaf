// This module is pure.
/**
 * What a decision says about itself. An event is a value: which rule spoke, about what, why in words, and the facts
 * behind it. The loop logs and keeps them; scenarios and the simulation compare them.
 */
import { formatLsn } from "../cluster/lsn.ts";

/** Which rule speaks: the file of that name owns it. */
export type RuleName =
  | "cluster spec"
  | "keepers"
  | "health"
  | "forced failure"
  | "initialising"
  | "election"
  | "proxies"
  | "former master"
  | "invalid db"
  | "hopeless db"
  | "standbys"
  | "followers"
  | "synchronous set";

/** As in the log. */
export type EventLevel = "debug" | "info" | "warn" | "error";

/**
 * `decided`: the view changes because of it. `noticed`: a judgement that changed (a keeper failed). `waiting`: nothing
 * can be done until what it names happens; said again at each look, so the loop tells it only when it is new.
 */
export type EventKind = "decided" | "noticed" | "waiting";

/** Plain JSON; positions are written as PostgreSQL writes them. */
export type Fact = string | number | boolean | null | readonly Fact[] | Facts;
/** Facts by name. */
export interface Facts {
  readonly [name: string]: Fact;
}

/** One thing that a look has to say. */
export interface DecisionEvent {
  readonly rule: RuleName;
  readonly kind: EventKind;
  readonly level: EventLevel;
  /** What was decided and why, in words. Holds nothing that moves by itself (ages, positions): those are facts. */
  readonly reason: string;
  /** What the decision rests on. */
  readonly facts: Facts;
}

type What = Pick<DecisionEvent, "rule" | "reason"> & { readonly facts?: Facts; readonly level?: EventLevel };

/** The view changes. Level `info` unless told otherwise. */
export function decided({ rule, reason, facts = {}, level = "info" }: What): DecisionEvent {
  return { rule, kind: "decided", level, reason, facts };
}

/** A judgement changed. Level `info` unless told otherwise. */
export function noticed({ rule, reason, facts = {}, level = "info" }: What): DecisionEvent {
  return { rule, kind: "noticed", level, reason, facts };
}

/** Nothing can be done yet. Level `info` unless told otherwise. */
export function waiting({ rule, reason, facts = {}, level = "info" }: What): DecisionEvent {
  return { rule, kind: "waiting", level, reason, facts };
}

/** A position as a fact. */
export function positionFact(position: bigint): string {
  return formatLsn(position);
}

/** A duration as a fact: seconds with at most one digit after the point. */
export function secondsFact(durationMs: number): string {
  return `${Math.round(durationMs / 100) / 10}s`;
}
