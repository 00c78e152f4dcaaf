/** A new, empty instance. Source: PostgreSQL documentation, "initdb". */
import type { NewConfig } from "../../cluster/spec.ts";
import type { PostgresBinaryVersion } from "../../cluster/clusterdata.ts";
import { programPath } from "./binaries.ts";
import { walDirectoryArguments } from "./data_directory.ts";
import type { Instance } from "./instance.ts";
import { withSecretFile } from "./password_file.ts";
import { runTool } from "./tool.ts";

/**
 * Runs `initdb` into the data directory, which must be missing or empty. The superuser has its password from the start.
 * @throws {CommandError}
 */
export async function initdb(
  instance: Instance,
  { config, signal }: { readonly config: NewConfig | null; readonly signal: AbortSignal },
): Promise<void> {
  const { superuser } = instance;
  const args = [
    "--pgdata",
    instance.dataDirectory,
    "--username",
    superuser.name,
    ...configArguments(config, instance.binaries.version),
    ...await walDirectoryArguments(instance),
  ];
  const run = (more: readonly string[]) =>
    runTool(programPath(instance.binaries, "initdb"), [...args, ...more], {
      signal,
      env: localeEnvironment(),
    });
  if (superuser.password === undefined) {
    await run(["--auth", "trust"]);
    return;
  }
  // SCRAM secrets serve the method md5 as well; asking for md5 here would leave `password_encryption` in the configuration.
  await withSecretFile(
    instance.workDirectory,
    `${superuser.password}\n`,
    (path) => run(["--auth", "scram-sha-256", "--pwfile", path]),
  );
}

function configArguments(config: NewConfig | null, version: PostgresBinaryVersion): readonly string[] {
  const { locale, encoding, dataChecksums } = config ?? {};
  return [
    ...(locale ? ["--locale", locale] : []),
    ...encodingArguments(locale, encoding),
    ...checksumArguments(dataChecksums ?? undefined, version),
  ];
}

/** Without any locale PostgreSQL would choose SQL_ASCII, which checks nothing and serves nobody. */
function encodingArguments(
  locale: string | null | undefined,
  encoding: string | null | undefined,
): readonly string[] {
  if (encoding) return ["--encoding", encoding];
  const environment = localeEnvironment();
  const inherited = environment["LC_ALL"] || environment["LC_CTYPE"] || environment["LANG"] || "C";
  return !locale && (inherited === "C" || inherited === "POSIX") ? ["--encoding", "UTF8"] : [];
}

/** Checksums are the default since 18, and only since then can they be refused. */
function checksumArguments(wanted: boolean | undefined, version: PostgresBinaryVersion): readonly string[] {
  if (wanted === true) return ["--data-checksums"];
  return wanted === false && version.Maj >= 18 ? ["--no-data-checksums"] : [];
}

const LOCALE_VARIABLES = [
  "LANG",
  "LC_ALL",
  "LC_COLLATE",
  "LC_CTYPE",
  "LC_MESSAGES",
  "LC_MONETARY",
  "LC_NUMERIC",
  "LC_TIME",
];

/** The keeper's locale is the new instance's, unless the spec names one. */
function localeEnvironment(): Record<string, string> {
  // Empty is unset: the C locale of the other tools must not become the instance's.
  const found: Record<string, string> = { LC_ALL: "" };
  for (const name of LOCALE_VARIABLES) {
    const value = Deno.env.get(name);
    if (value !== undefined && value !== "") found[name] = value;
  }
  return found;
}
