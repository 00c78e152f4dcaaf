/**
 * A lane: one thread's part of the forwarding, the main thread's or one of its own. It has its own socket on the shared
 * port, its own clients and its own `Gate`. What comes in is {@link LaneOrder}s and the clients' streams; what goes out is those streams, a
 * {@link LaneReport} for each order once it has been carried out, and counters in shared memory. What always holds: no byte
 * is written on either side unless the last grant allows that target and has not run out by either clock, asked right
 * before each write; an order that takes something away is reported only when it has been dropped. Begin with `lane.ts`,
 * then `session.ts` (one client) and `splice.ts` (one direction).
 *
 * @module
 */
export * from "./lane.ts";
export * from "./messages.ts";
