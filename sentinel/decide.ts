// This module is pure.
/**
 * The decision, and how to call it. Whoever looks (the loop, a scenario, the simulation) does this at each look:
 *
 * 1. read the document and the infos, then take the time (`now`);
 * 2. not leading, or no document: `memory = observe({ clusterData, keeperInfos, proxyInfos, memory, now })`, nothing else;
 * 3. leading: `decide` with the same and `newUid`; keep `memory` whatever happens next; ask `shouldWrite` (`write_rule.ts`) and write
 *    `clusterData` over the revision that was read, if the leadership still stands. A conflict means: look again;
 * 4. look again at the next event, after `sleepInterval` at the latest, and when `nextDeadlineMs` says so
 *    (`deadlines.ts`): silence is no event, so the end of a patience needs a timer.
 *
 * A look that fails is remembered too: `memory = missedLook(memory)`. Looks must be at most `sleepInterval` (plus a second) apart: a longer gap counts as not having watched.
 */
import type { Memory } from "./memory.ts";
import type { DecideInput, Decision, Observation } from "./decision.ts";
import { missedLook, observe as observeAll } from "./observe.ts";
import { applyRules } from "./rules.ts";

export { missedLook };

/** What a sentinel that doesn't lead does with a look: remember. */
export function observe(observation: Observation): Memory {
  return observeAll(observation);
}

/**
 * The best view of the cluster, given what is known. Pure: the same input gives the same output, apart from the UIDs
 * that `newUid` draws. What need not wait for anybody is in one document: the rules run until none changes anything.
 */
export function decide(input: DecideInput): Decision {
  return applyRules(input, observeAll(input));
}
