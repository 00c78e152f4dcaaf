import { assertEquals, assertMatch } from "@std/assert";
import { parseFlags } from "../../common/command_line.ts";
import { FatalError } from "../../common/errors.ts";
import type { Logger } from "../../common/log.ts";
import { readCredentials } from "./credentials.ts";
import { KEEPER_PROGRAM } from "./keeper_flags.ts";

const REQUIRED = [
  "--cluster-name=c",
  "--store-backend=sqlite",
  "--data-dir=/d",
  "--pg-listen-address=127.0.0.1",
];

function read(args: readonly string[]) {
  const warnings: string[] = [];
  const log: Logger = { debug() {}, info() {}, error() {}, warn: (message) => void warnings.push(message) };
  const flags = parseFlags(KEEPER_PROGRAM, [...REQUIRED, "--pg-repl-username=repl", ...args]);
  let outcome: unknown;
  try {
    outcome = readCredentials(flags, { osUserName: "postgres", log });
  } catch (error) {
    if (!(error instanceof FatalError)) throw error;
    outcome = error.message;
  }
  return { outcome, warnings };
}

const PASSWORDS = ["--pg-su-password=a", "--pg-repl-password=b"];

Deno.test("credentials: the superuser's name is the OS user's unless one is given", () => {
  assertEquals(read(PASSWORDS).outcome, {
    superuser: { name: "postgres", method: "md5", password: "a" },
    replication: { name: "repl", method: "md5", password: "b" },
  });
});

Deno.test("credentials: the trailing newlines of a password go, with a warning; blanks stay", () => {
  const { outcome, warnings } = read(["--pg-su-password= a \n\n", "--pg-repl-password=b"]);
  assertEquals(warnings, ["superuser password contain trailing new line, removing"]);
  assertEquals((outcome as { superuser: unknown }).superuser, {
    name: "postgres",
    method: "md5",
    password: " a ",
  });
});

Deno.test("credentials: trust takes no password, and is warned of", () => {
  const { outcome, warnings } = read(["--pg-su-auth-method=trust", "--pg-repl-auth-method=trust"]);
  assertEquals((outcome as { superuser: unknown }).superuser, {
    name: "postgres",
    method: "trust",
    password: undefined,
  });
  assertEquals(warnings.length, 2);
});

const fatal: Record<
  string,
  { readonly args: readonly string[]; readonly message: RegExp; readonly warns?: string }
> = {
  "no superuser password": {
    args: ["--pg-repl-password=b"],
    message: /superuser's auth method is md5: give --pg-su-password/,
  },
  "no replication password": {
    args: ["--pg-su-password=a"],
    message: /replication user's auth method is md5/,
  },
  "a password and a file": {
    args: [...PASSWORDS, "--pg-su-passwordfile=/x"],
    message: /only one of --pg-su-password and --pg-su-passwordfile/,
  },
  "a password with trust": {
    args: [...PASSWORDS, "--pg-su-auth-method=trust"],
    message: /trust, so no password/,
  },
  "a password file with trust": {
    args: ["--pg-su-password=a", "--pg-repl-auth-method=trust", "--pg-repl-passwordfile=/x"],
    message: /replication user's auth method is trust/,
  },
  "an unknown method": { args: [...PASSWORDS, "--pg-su-auth-method=ident"], message: /"ident" is unknown/ },
  "an empty superuser password": {
    args: ["--pg-su-password=\n", "--pg-repl-password=\n"],
    message: /^superuser password is empty after removing trailing new line$/,
    warns: "superuser password contain trailing new line, removing",
  },
  "an empty replication password": {
    args: ["--pg-su-password=a", "--pg-repl-password=\n"],
    message: /^replication user password is empty after removing trailing new line$/,
    warns: "replication user password contain trailing new line, removing",
  },
  "one name, two passwords": {
    args: [...PASSWORDS, "--pg-su-username=repl"],
    message:
      /^provided superuser name and replication user name are the same but provided passwords are different$/,
  },
  "one name, two methods": {
    args: [...PASSWORDS, "--pg-su-username=repl", "--pg-repl-auth-method=scram-sha-256"],
    message: /authentication methods are different/,
  },
  "a file that is not there": {
    args: ["--pg-su-passwordfile=/nonexistent/password", "--pg-repl-password=b"],
    message: /\/nonexistent\/password/,
  },
};

for (const [name, { args, message, warns }] of Object.entries(fatal)) {
  Deno.test(`credentials, fatal: ${name}`, () => {
    const { outcome, warnings } = read(args);
    assertEquals(typeof outcome, "string");
    assertMatch(String(outcome), message);
    assertEquals(warnings.at(-1), warns);
  });
}

Deno.test("credentials: one name with one password is one user", () => {
  const { outcome } = read(["--pg-su-password=a", "--pg-repl-password=a", "--pg-su-username=repl"]);
  assertEquals((outcome as { superuser: { name: string } }).superuser.name, "repl");
});
