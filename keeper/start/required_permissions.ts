import { requirePermission } from "../../common/permissions.ts";
import { programPath } from "../postgres/binaries.ts";
import type { KeeperSettings } from "../settings.ts";

/**
 * Asks Deno for what would otherwise be missed in the middle of the work, again and again.
 * @throws {Deno.errors.NotCapable} naming the flag that would grant it
 */
export function requireKeeperPermissions(
  { binPath, dataDir }: Pick<KeeperSettings, "binPath" | "dataDir">,
): void {
  const postgres = programPath({ directory: binPath }, "postgres");
  for (const command of [postgres, "/bin/sh"]) requirePermission({ name: "run", command }, command);
  for (const name of ["read", "write"] as const) requirePermission({ name, path: dataDir }, dataDir);
}
