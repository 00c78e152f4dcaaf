// This module is pure.
/**
 * The model that every role shares: the `clusterdata` document, the infos and the cluster specification as plain
 * readonly data, their JSON, defaults and validation, and what PostgreSQL's positions and timelines mean. Text comes in
 * from the store or an operator and typed data goes out, and back. Everything here is pure: no clock, no randomness, no
 * input or output; positions are exact 64-bit integers, and maps are walked in sorted key order. Begin reading with
 * `clusterdata.ts`, then `spec.ts`.
 * @module
 */
export * from "./clusterdata.ts";
export * from "./codec.ts";
export * from "./duration.ts";
export * from "./errors.ts";
export * from "./go_readability.ts";
export * from "./history.ts";
export * from "./infos.ts";
export * from "./lsn.ts";
export * from "./merge_patch.ts";
export * from "./nearest_name.ts";
export * from "./new_cluster_data.ts";
export * from "./same_value.ts";
export * from "./spec.ts";
export * from "./spec_defaults.ts";
export * from "./spec_parse.ts";
export * from "./spec_validation.ts";
export * from "./timelines.ts";
export { type JsonObject, type JsonValue, parseJson, type WritableJson, writeJson } from "./json.ts";
