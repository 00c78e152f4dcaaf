/**
 * What the programs share and nothing more: command lines, logging, clocks, the pass loop, HTTP endpoints, start-up and
 * shutdown. Flags and signals come in here; everything else is handed to the roles as values. Nothing in this room knows
 * what a cluster is. Begin with `program.ts` for how a program lives, and `pass_loop.ts` for how a role works.
 *
 * @module
 */
export * from "./clock.ts";
export * from "./command_line.ts";
export * from "./common_flags.ts";
export * from "./errors.ts";
export * from "./http.ts";
export * from "./log.ts";
export * from "./metrics.ts";
export * from "./pass_loop.ts";
export * from "./permissions.ts";
export * from "./program.ts";
export * from "./version.ts";
