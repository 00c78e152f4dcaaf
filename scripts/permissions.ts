/**
 * `permissions.ts ROLE ARGS...` prints, quoted for a POSIX shell, the flags of `deno run` that narrow the role's
 * permission set to what its flags and environment name. Used by `scripts/role`.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { GrantError, type Role, roleGrants, ROLES, RUNTIME_FLAGS, shellFlags } from "./role_permissions.ts";

function realPath(path: string): string | undefined {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    // Not there yet, hidden by a directory's mode, or where nobody can be let (/proc): then there is nothing behind a
    // link to be granted, and the role itself says what is wrong with the path.
    const { NotFound, PermissionDenied, NotCapable, NotADirectory } = Deno.errors;
    const kinds = [NotFound, PermissionDenied, NotCapable, NotADirectory];
    if (kinds.some((kind) => error instanceof kind)) return undefined;
    throw error;
  }
}

function isRole(name: string | undefined): name is Role {
  return ROLES.some((role) => role === name);
}

function main([role, ...args]: readonly string[]): number {
  if (!isRole(role)) return refuse(`unknown role ${JSON.stringify(role ?? "")}: one of ${ROLES.join(", ")}`);
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  try {
    const env = (name: string) => Deno.env.get(name);
    const grants = roleGrants({
      role,
      args,
      env,
      cwd: Deno.cwd(),
      root,
      uid: Deno.uid() ?? undefined,
      realPath,
    });
    write(Deno.stdout, [...RUNTIME_FLAGS[role], shellFlags(grants)].join(" "));
    return 0;
  } catch (error) {
    if (error instanceof GrantError) return refuse(error.message);
    throw error;
  }
}

function refuse(message: string): number {
  write(Deno.stderr, message);
  return 1;
}

function write(stream: { writeSync(bytes: Uint8Array): number }, line: string): void {
  stream.writeSync(new TextEncoder().encode(`${line}\n`));
}

Deno.exit(main(Deno.args));
