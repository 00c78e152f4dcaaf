/** Writing the generated files, and the start for the keeper alone. */
import { readTextIfPresent, writeFileAtomically } from "../state/atomic_file.ts";
import { formatConfiguration, type Parameters } from "./configuration.ts";
import { formatHba } from "./hba.ts";
import type { Instance } from "./instance.ts";

/** Replaces `postgresql.conf` by these parameters. It may hold a password: mode 0600. */
export function writeConfiguration(dataDirectory: string, parameters: Parameters): void {
  writeFileAtomically(`${dataDirectory}/postgresql.conf`, formatConfiguration(parameters));
}

/** Replaces `pg_hba.conf` by these lines. */
export function writeHba(dataDirectory: string, lines: readonly string[]): void {
  writeFileAtomically(`${dataDirectory}/pg_hba.conf`, formatHba(lines));
}

/** Text of `postgresql.conf`; undefined when there is none. */
export function readConfigurationText(dataDirectory: string): string | undefined {
  return readTextIfPresent(`${dataDirectory}/postgresql.conf`);
}

/** Text of `pg_hba.conf`; undefined when there is none. */
export function readHbaText(dataDirectory: string): string | undefined {
  return readTextIfPresent(`${dataDirectory}/pg_hba.conf`);
}

/**
 * Writes a configuration beside the data directory that takes in the instance's own `postgresql.conf` and these parameters.
 * What only this start needs (no TCP, only the keeper's two users let in) is in the arguments, so that it does not show
 * among the settings of the instance's files.
 * @returns arguments for `PostgresProcess.start`
 */
export function writeSetupConfiguration(instance: Instance, parameters: Parameters): readonly string[] {
  const file = `${instance.workDirectory}/setup_postgresql.conf`;
  const hbaFile = `${instance.workDirectory}/setup_pg_hba.conf`;
  const own = `${instance.dataDirectory}/postgresql.conf`.replaceAll("'", "''");
  writeFileAtomically(file, `include_if_exists '${own}'\n${formatConfiguration(parameters)}`);
  writeFileAtomically(hbaFile, formatHba(setupHbaLines(instance)));
  return [
    `config_file=${file}`,
    `hba_file=${hbaFile}`,
    "listen_addresses=",
    `port=${instance.port}`,
    `unix_socket_directories=${instance.socketDirectory}`,
    "synchronous_standby_names=",
    "hot_standby=on",
  ].flatMap((setting) => ["-c", setting]);
}

function setupHbaLines({ superuser, replication }: Instance): readonly string[] {
  const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;
  return [
    `local all ${quote(superuser.name)} ${superuser.method}`,
    `local replication ${quote(replication.name)} ${replication.method}`,
  ];
}
