/** What goes wrong, drawn from the seed before the run begins, so that single faults can be left out of a replay. */
import type { Shape } from "./cluster.ts";
import type { Random } from "./random.ts";

export const FAULT_KINDS = [
  "kill keeper",
  "crash machine",
  "crash machine, disk lost",
  "crash machine, older disk",
  "crash postgres",
  "freeze machine",
  "freeze keeper",
  "cut pair",
  "cut one way",
  "isolate",
  "store away",
  "slow network",
  "late hints",
  "slow disk",
  "freeze sentinel",
  "restart sentinel",
  "freeze proxy",
  "restart proxy",
  "lose leadership",
  "set wall clock",
  "burst of writes",
  "operator",
  "bad day",
  "crash at promotion",
  "blind proxy at election",
] as const;

/** Those that lead to elections are drawn more often. */
const HARD_KINDS: readonly FaultKind[] = [
  "crash machine",
  "freeze machine",
  "freeze keeper",
  "isolate",
  "kill keeper",
  "cut pair",
  "store away",
  "bad day",
  "crash at promotion",
  "blind proxy at election",
];

export type FaultKind = typeof FAULT_KINDS[number];

export interface Fault {
  readonly kind: FaultKind;
  readonly atMs: number;
  readonly durationMs: number;
  /** Chooses what it hits; what that means is up to the kind. */
  readonly target: number;
  readonly other: number;
  /** Prefer the present master. */
  readonly onMaster: boolean;
}

/** Faults of one run, in the order of their times. */
export function drawFaults(random: Random, { endMs }: { readonly endMs: number }): Fault[] {
  const startMs = random.pick([0, 25_000, 40_000]);
  const count = random.integer(4, 16);
  return Array.from({ length: count }, () => drawFault(random, { startMs, endMs }))
    .sort((a, b) => a.atMs - b.atMs);
}

function drawFault(random: Random, { startMs, endMs }: { startMs: number; endMs: number }): Fault {
  const atMs = Math.round(random.between(startMs, endMs - 1000));
  const durationMs = Math.round(random.pick([500, 5000, 25_000, 60_000]) * random.between(0.5, 1.5));
  return {
    kind: random.chance(0.4) ? random.pick(HARD_KINDS) : random.pick(FAULT_KINDS),
    atMs,
    durationMs: Math.min(durationMs, endMs - atMs),
    target: random.integer(0, 1000),
    other: random.integer(0, 1000),
    onMaster: random.chance(0.5),
  };
}

export function describeFault(fault: Fault, shape: Shape): string {
  const { kind, target, onMaster, durationMs } = fault;
  return `${kind} (${
    onMaster ? "of the master" : `target ${target % shape.keepers.length}`
  }) for ${durationMs} ms`;
}
