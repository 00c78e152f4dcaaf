/**
 * A keeper started as root prepares its data directory for PostgreSQL's OS user and then becomes that user for good:
 * whatever it writes or starts later, it cannot be led into touching anything that this user could not touch itself.
 */
import process from "node:process";
import { FatalError } from "../../common/errors.ts";
import type { OsUser } from "./os_user.ts";

/**
 * Creates the data directory (mode 0700) when it is missing and, as root, gives it to the user. A directory with
 * content that belongs to somebody else is refused: changing owners below it is the operator's decision.
 * @throws {FatalError} saying what to do
 */
export function prepareDataDir(dataDir: string, owner: OsUser | undefined): void {
  try {
    Deno.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    if (owner !== undefined) giveTo(dataDir, owner);
  } catch (cause) {
    if (cause instanceof FatalError) throw cause;
    throw new FatalError(`cannot prepare the data directory ${dataDir}`, { cause });
  }
}

function giveTo(dataDir: string, owner: OsUser): void {
  if (Deno.statSync(dataDir).uid === owner.uid) return;
  for (const entry of Deno.readDirSync(dataDir)) {
    throw new FatalError(
      `the data directory ${dataDir} does not belong to the OS user ${owner.name} and is not empty ` +
        `(it holds "${entry.name}"): give it to that user (chown -R ${owner.name} ${dataDir}), or choose another --pg-os-user`,
    );
  }
  Deno.chownSync(dataDir, owner.uid, owner.gid);
  Deno.chmodSync(dataDir, 0o700);
}

/** Becomes the user, group first. There is no way back. @throws {FatalError} when the system refuses */
export function becomeUser(user: OsUser): void {
  try {
    process.setgid?.(user.gid);
    process.setuid?.(user.uid);
  } catch (cause) {
    throw new FatalError(`cannot become the OS user ${user.name}`, { cause });
  }
  if (Deno.uid() !== user.uid || Deno.gid() !== user.gid) {
    throw new FatalError(
      `cannot become the OS user ${user.name}: the process runs as ${Deno.uid()}:${Deno.gid()}`,
    );
  }
}
