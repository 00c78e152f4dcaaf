/**
 * The sentinel: it looks at the document and at what keepers and proxies publish, judges who is well, and writes the view
 * that all obey. What comes in is one look (`decision.ts`) and what this process remembers (`memory.ts`); what goes out is
 * a document, the memory for the next look, and events that say why. What always holds: the decision is pure, failure
 * is declared only from what was seen by this very process, no proxy may forward to two masters, and under synchronous
 * replication nobody is elected who may lack an acknowledged write. Begin with `decide.ts`, then `rules.ts`, which names
 * the rules in order; each is a file that owns one decision and says why it is safe. The loop is `sentinel.ts`.
 *
 * @module
 */
export * from "./deadlines.ts";
export * from "./decide.ts";
export * from "./decision.ts";
export * from "./events.ts";
export * from "./memory.ts";
export * from "./telling.ts";
export * from "./write_rule.ts";
export { Sentinel, type SentinelOptions } from "./sentinel.ts";
export { SentinelMetrics } from "./sentinel_metrics.ts";
