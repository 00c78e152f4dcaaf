/**
 * Stolon for Deno as a library: the model of a cluster and its store. Begin with {@link decodeClusterData} to read a
 * document and `openStore` to find one. What it takes to embed a role is in the entrances `./keeper`, `./sentinel` and
 * `./proxy`, so that nobody loads what they don't use.
 * @module
 */
export * from "./cluster/mod.ts";
export * from "./store/mod.ts";
