// This module is pure.
/**
 * PostgreSQL writes the new value of each parameter that a reload changes into its log, the password in
 * `primary_conninfo` included. Such a value is therefore read under a log level that leaves these lines out: first the
 * file with that level, then the file as it is wanted, whose reading finds the value unchanged.
 */
import type { Parameters } from "../postgres/configuration.ts";

/** Keeps the lines about changed parameters out (they are of level `log`), and next to nothing else for that moment. */
const QUIET_LEVEL = "fatal";

/** The parameters to load first, or undefined when the reload may be heard. */
export function quietParameters(
  wanted: Parameters,
  { loadedConninfo }: { readonly loadedConninfo: string | undefined },
): Parameters | undefined {
  const conninfo = wanted["primary_conninfo"] ?? "";
  if (conninfo === loadedConninfo || !/password/i.test(conninfo)) return undefined;
  // The file is sorted by name, so that the level is in force before the value is read.
  return { ...wanted, log_min_messages: QUIET_LEVEL };
}
