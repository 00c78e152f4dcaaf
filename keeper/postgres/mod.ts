/**
 * Everything that touches PostgreSQL. The rest of the keeper decides what to do and calls in here: with an
 * {@link Instance} (programs, directory, socket, the two users), limits and an abort signal. Out come facts as plain data,
 * or errors that say what was attempted and what came back. No policy, no log lines, no retries: those are the caller's.
 * What always holds: every query and every wait is bounded by a time limit or a signal; no password is in arguments, in
 * the environment, or in a file that others can read; nothing here changes its user, since the process already is
 * PostgreSQL's OS user. Begin with `instance.ts` and `postgres_process.ts`; `configuration.ts`, `hba.ts`,
 * `recovery_parameters.ts` and their like are pure and need no server.
 */
export * from "./basebackup.ts";
export * from "./binaries.ts";
export * from "./configuration.ts";
export * from "./configuration_files.ts";
export * from "./connection.ts";
export * from "./conninfo.ts";
export * from "./controldata.ts";
export * from "./crash_recovery.ts";
export * from "./data_directory.ts";
export * from "./file_settings.ts";
export * from "./foreign_postmaster.ts";
export * from "./hba.ts";
export * from "./hba_problems.ts";
export * from "./in_sync.ts";
export * from "./initdb.ts";
export * from "./instance.ts";
export * from "./local_wal.ts";
export * from "./password_file.ts";
export * from "./postgres_process.ts";
export * from "./probe.ts";
export * from "./recovery_files.ts";
export * from "./recovery_parameters.ts";
export * from "./restore_backup.ts";
export * from "./rewind.ts";
export * from "./roles.ts";
export * from "./slots.ts";
export * from "./source_server.ts";
export * from "./synchronous_names.ts";
export * from "./timeline_history.ts";
export * from "./tool.ts";
export * from "./wal_archive.ts";
export * from "./wal_positions.ts";
