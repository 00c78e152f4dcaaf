/** The two users that the keepers themselves log in as. The log lines are the caller's. */
import { openSession, quoteIdentifier, quoteLiteral, type Session, superuserTarget } from "./connection.ts";
import type { Instance } from "./instance.ts";

/** What was done, in this order. */
export type RoleChange =
  | "superuser password set"
  | "replication role created"
  | "replication role added to superuser";

/**
 * Gives the superuser its password and makes the replication role (or gives the superuser REPLICATION when it is the same).
 * Repeatable. @throws {PostgresError}
 */
export async function setUpRoles(
  instance: Instance,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<readonly RoleChange[]> {
  const { superuser, replication } = instance;
  await using session = await openSession(superuserTarget(instance), options);
  await chooseEncryption(session, instance);
  const changes: RoleChange[] = [];
  if (superuser.password !== undefined) {
    await session.query(
      `alter role ${quoteIdentifier(superuser.name)} with ${passwordClause(superuser.password)}`,
    );
    changes.push("superuser password set");
  }
  if (superuser.name === replication.name) {
    await session.query(`alter role ${quoteIdentifier(superuser.name)} with replication`);
    changes.push("replication role added to superuser");
    return changes;
  }
  await putReplicationRole(session, instance);
  changes.push("replication role created");
  return changes;
}

async function putReplicationRole(session: Session, { replication }: Instance): Promise<void> {
  const found = await session.query("select 1 from pg_roles where rolname = $1", [replication.name]);
  const verb = found.length === 0 ? "create" : "alter";
  const password = replication.password === undefined ? "" : passwordClause(replication.password);
  await session.query(`${verb} role ${quoteIdentifier(replication.name)} with login replication ${password}`);
}

/** With the method md5 the server's own `password_encryption` decides: the method accepts both kinds of secret. */
async function chooseEncryption(session: Session, { superuser, replication }: Instance): Promise<void> {
  if (superuser.method !== "scram-sha-256" && replication.method !== "scram-sha-256") return;
  await session.query("set password_encryption = 'scram-sha-256'");
}

function passwordClause(password: string): string {
  return `password ${quoteLiteral(password)}`;
}
