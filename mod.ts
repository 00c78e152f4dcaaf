/**
 * Stolon for Deno as a library: the model of a cluster, its store, and what it takes to embed a role. Begin with
 * {@link decodeClusterData} to read a document and `openStore` to find one.
 * @module
 */
export * from "./cluster/mod.ts";
export * from "./store/mod.ts";
