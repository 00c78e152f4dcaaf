// This module is pure.
/** One look of a leader: the rules in their order, run until none of them changes anything. */
import type { DecideInput, Decision } from "./decision.ts";
import type { Memory } from "./memory.ts";

/** Decides with the memory that this very look has brought up to date. */
export function look(input: DecideInput, memory: Memory): Decision {
  return { clusterData: input.clusterData, memory, events: [] };
}
