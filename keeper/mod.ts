/**
 * The keeper: it manages one PostgreSQL instance and makes it converge to its part of the cluster view. The view comes
 * in (`view.ts`, `assignment.ts`), PostgreSQL's doings and the keeper's infos go out. What always holds: the keeper never
 * decides who is primary, and deletes nothing but for an assignment that says so; every step is idempotent, and what a
 * crash interrupts is found in the state files and begun anew. Begin with `plan.ts` (the decision, pure), then
 * `converge.ts` (look, plan, act), then `keeper.ts` (the life of the process).
 *
 * Permissions: net to the store, the followed instance and its own unix socket; read and write of the data directory,
 * the socket and an SQLite store's files; read of the password and certificate files; run of PostgreSQL's programs and
 * `/bin/sh`; env `STKEEPER_*`, `PATH`, the locale; sys to become another user when started as root.
 *
 * @module
 */
export * from "./assignment.ts";
export * from "./keeper.ts";
export * from "./keeper_metrics.ts";
export * from "./observed.ts";
export * from "./plan.ts";
export * from "./settings.ts";
export * from "./start/start_keeper.ts";
export * from "./steps.ts";
export * from "./workplace.ts";
