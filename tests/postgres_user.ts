/**
 * Tests that run PostgreSQL, which refuses to run as root. As an ordinary user such a test simply runs. As root each one runs
 * in a process of its own that loads everything first (the checkout and Deno's cache may be readable by root alone) and
 * then becomes the user `postgres` for good.
 */
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Names the process that has to change its user before it runs its test. */
const MARK = "POSTGRES_TEST_PROCESS";
/** The user to become; must exist. */
const USER = Deno.env.get("POSTGRES_TEST_USER") ?? "postgres";

export type PostgresTest = (name: string, body: (context: Deno.TestContext) => Promise<void>) => void;

/** The function that registers the PostgreSQL tests of a file: `const test = postgresTests(import.meta.url)`. */
export function postgresTests(fileUrl: string): PostgresTest {
  return (name, body) => {
    if (Deno.uid() !== 0) {
      Deno.test(name, body);
    } else if (Deno.env.has(MARK)) {
      Deno.test(name, (context) => {
        becomePostgresUser();
        return body(context);
      });
    } else {
      Deno.test(name, () => runInOwnProcess(fileURLToPath(fileUrl), name));
    }
  };
}

/** As root: becomes the user `postgres`, for the rest of the process. Everything must have been imported by then. */
export function becomePostgresUser(): void {
  if (Deno.uid() !== 0) return;
  const entry = Deno.readTextFileSync("/etc/passwd").split("\n").find((line) => line.startsWith(`${USER}:`));
  const [, , uid, gid] = entry?.split(":") ?? [];
  if (uid === undefined || gid === undefined) {
    throw new Error(`there is no user ${USER}: PostgreSQL can't be tested as root without one`);
  }
  if (process.setgid === undefined || process.setuid === undefined) throw new Error("no setuid here");
  process.setgid(Number(gid));
  process.setuid(Number(uid));
}

async function runInOwnProcess(file: string, name: string): Promise<void> {
  const filter = `/^${name.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&")}$/`;
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", "--cached-only", "--filter", filter, file],
    env: { [MARK]: "1", NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(output.stdout) + new TextDecoder().decode(output.stderr);
  if (!output.success || !/\b1 passed\b/.test(text)) throw new Error(`as user ${USER}:\n${text}`);
}
