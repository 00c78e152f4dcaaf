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

export interface SetupOptions {
  /**
   * The OS user that we run as: it gets in as superuser by that alone (`peer`), since an instance that comes from
   * elsewhere may have another password than ours. Undefined: the superuser's own method.
   */
  readonly osUserName?: string;
}

/**
 * Writes a configuration beside the data directory that takes in the instance's own `postgresql.conf` and these parameters.
 * What only this start needs (no TCP, only the keeper's two users let in) is in the arguments, so that it does not show
 * among the settings of the instance's files.
 * @returns arguments for `PostgresProcess.start`
 */
export function writeSetupConfiguration(
  instance: Instance,
  parameters: Parameters,
  { osUserName }: SetupOptions = {},
): readonly string[] {
  const file = `${instance.workDirectory}/setup_postgresql.conf`;
  const hbaFile = `${instance.workDirectory}/setup_pg_hba.conf`;
  const own = `${instance.dataDirectory}/postgresql.conf`.replaceAll("'", "''");
  writeFileAtomically(file, `include_if_exists '${own}'\n${formatConfiguration(parameters)}`);
  writeFileAtomically(hbaFile, formatHba(setupHbaLines(instance, osUserName)));
  const identFile = `${instance.workDirectory}/setup_pg_ident.conf`;
  if (osUserName !== undefined) {
    writeFileAtomically(identFile, `setup ${quoteName(osUserName)} ${quoteName(instance.superuser.name)}\n`);
  }
  return [
    `config_file=${file}`,
    `hba_file=${hbaFile}`,
    ...(osUserName === undefined ? [] : [`ident_file=${identFile}`]),
    "listen_addresses=",
    `port=${instance.port}`,
    `unix_socket_directories=${instance.socketDirectory}`,
    "synchronous_standby_names=",
    // A backup's configuration names its origin's archive: what a setup writes, a timeline that is given up say, must not get there.
    "archive_command=",
    "hot_standby=on",
  ].flatMap((setting) => ["-c", setting]);
}

function setupHbaLines(
  { superuser, replication }: Instance,
  osUserName: string | undefined,
): readonly string[] {
  return [
    `local all ${quoteName(superuser.name)} ${
      osUserName === undefined ? superuser.method : "peer map=setup"
    }`,
    `local replication ${quoteName(replication.name)} ${replication.method}`,
  ];
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
