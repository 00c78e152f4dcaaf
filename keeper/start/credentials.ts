/** The two internal users as the command line describes them: every contradiction is fatal, each with its own message. */
import type { ParsedFlags } from "../../common/command_line.ts";
import { FatalError } from "../../common/errors.ts";
import type { Logger } from "../../common/log.ts";
import type { AuthMethod } from "../postgres/hba.ts";
import type { Credentials } from "../postgres/recovery_parameters.ts";

const METHODS: readonly AuthMethod[] = ["trust", "md5", "scram-sha-256"];

interface UserFlags {
  readonly short: "su" | "repl";
  /** As messages call this user. */
  readonly who: "superuser" | "replication user";
}
const SUPERUSER: UserFlags = { short: "su", who: "superuser" };
const REPLICATION: UserFlags = { short: "repl", who: "replication user" };

export interface InternalUsers {
  readonly superuser: Credentials;
  readonly replication: Credentials;
}

/**
 * Reads both users. `osUserName` is the superuser's name when none is given.
 * @throws {FatalError} naming the flags that contradict each other
 */
export function readCredentials(
  flags: ParsedFlags,
  { osUserName, log }: { readonly osUserName: string; readonly log: Logger },
): InternalUsers {
  for (const user of [SUPERUSER, REPLICATION]) checkFlags(flags, user);
  const superuser = credentials(flags, {
    user: SUPERUSER,
    name: flags.string("pg-su-username") ?? osUserName,
    log,
  });
  const replication = credentials(flags, {
    user: REPLICATION,
    name: flags.requiredString("pg-repl-username"),
    log,
  });
  checkSameUser(superuser, replication);
  for (const [who, { method }] of Object.entries({ superuser, "replication user": replication })) {
    if (method === "trust") {
      log.warn(`the ${who} uses trust: everybody who reaches PostgreSQL can log in as it`);
    }
  }
  return { superuser, replication };
}

function checkFlags(flags: ParsedFlags, { short, who }: UserFlags): void {
  const method = flags.requiredString(`pg-${short}-auth-method`);
  if (!METHODS.some((known) => known === method)) {
    throw new FatalError(`--pg-${short}-auth-method "${method}" is unknown: use ${METHODS.join(", ")}`);
  }
  const password = given(flags, `pg-${short}-password`);
  const file = given(flags, `pg-${short}-passwordfile`);
  if (password !== undefined && file !== undefined) {
    throw new FatalError(`give only one of --pg-${short}-password and --pg-${short}-passwordfile`);
  }
  const either = password ?? file;
  if (method === "trust" && either !== undefined) {
    throw new FatalError(`the ${who}'s auth method is trust, so no password can be given for it`);
  }
  if (method !== "trust" && either === undefined) {
    throw new FatalError(
      `the ${who}'s auth method is ${method}: give --pg-${short}-password or --pg-${short}-passwordfile`,
    );
  }
}

function credentials(
  flags: ParsedFlags,
  { user, name, log }: { readonly user: UserFlags; readonly name: string; readonly log: Logger },
): Credentials {
  const method = flags.requiredString(`pg-${user.short}-auth-method`) as AuthMethod;
  if (method === "trust") return { name, method, password: undefined };
  return { name, method, password: readPassword(flags, { ...user, log }) };
}

function readPassword(flags: ParsedFlags, { short, who, log }: UserFlags & { readonly log: Logger }): string {
  const file = given(flags, `pg-${short}-passwordfile`);
  const raw = file === undefined ? flags.requiredString(`pg-${short}-password`) : readFile(file, short);
  const password = raw.replace(/[\r\n]+$/, "");
  if (password !== raw) log.warn(`${who} password contain trailing new line, removing`);
  if (password === "") throw new FatalError(`${who} password is empty after removing trailing new line`);
  return password;
}

/** An empty flag says as little as an empty variable. */
function given(flags: ParsedFlags, name: string): string | undefined {
  const value = flags.string(name);
  return value === "" ? undefined : value;
}

function readFile(path: string, short: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    throw new FatalError(`cannot read the file of --pg-${short}-passwordfile, ${path}`, { cause });
  }
}

function checkSameUser(superuser: Credentials, replication: Credentials): void {
  if (superuser.name !== replication.name) return;
  if (superuser.method !== replication.method) {
    throw new FatalError(
      "provided superuser name and replication user name are the same but provided authentication methods are different",
    );
  }
  if (superuser.password !== replication.password) {
    throw new FatalError(
      "provided superuser name and replication user name are the same but provided passwords are different",
    );
  }
}
