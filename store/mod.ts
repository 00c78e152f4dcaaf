/**
 * The shared store: where roles meet. Text under keys comes in and goes out, with compare-and-swap, expiry, watches and
 * an election; `ClusterStore` puts the cluster's documents on top. What always holds: reads are linearizable, every call
 * ends by its signal or `timeoutMs`, a write whose outcome is unknown is reported as unreachable and never as done, and
 * a leadership that cannot be proved is over. Begin with `store.ts` (the interface), then `cluster_store.ts`; each
 * backend has a folder of its own and passes the suites of `tests/store/`.
 *
 * @module
 */
export * from "./cluster_store.ts";
export * from "./errors.ts";
export * from "./open.ts";
export * from "./options.ts";
export * from "./store.ts";
