/**
 * Asks Deno for a permission that is needed sooner or later. One that is missing stays missing: found out in the middle
 * of the work, it would be tried again and again.
 * @param what the path, address or program, for the message
 * @throws {Deno.errors.NotCapable} naming the flag that would grant it
 */
export function requirePermission(permission: Deno.PermissionDescriptor, what: string): void {
  if (Deno.permissions.querySync(permission).state === "granted") return;
  const { name } = permission;
  throw new Deno.errors.NotCapable(
    `Requires ${name} access to "${what}", run again with the --allow-${name} flag`,
  );
}
