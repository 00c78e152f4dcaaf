/** What the harness has to know about the machine: where programs are, and which user PostgreSQL runs as. */
import { fileURLToPath } from "node:url";

/** The repository's folder. */
export const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));

/** An OS user by number, as `Deno.chown` wants it. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** As root, keepers become this user; undefined for an ordinary user, whose keepers stay what they are. */
export async function postgresOwner(): Promise<Owner | undefined> {
  if (Deno.uid() !== 0) return undefined;
  return {
    uid: Number(await output("id", ["-u", "postgres"])),
    gid: Number(await output("id", ["-g", "postgres"])),
  };
}

/**
 * Standard output of a short program, trimmed.
 * @throws {Error} with its standard error when it fails
 */
export async function output(program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args: [...args], stdin: "null" })
    .output();
  const decoder = new TextDecoder();
  if (code !== 0) {
    throw new Error(`${program} ${args.join(" ")} exited with ${code}: ${decoder.decode(stderr)}`);
  }
  return decoder.decode(stdout).trim();
}

/** Whether a process with this pid exists and is no zombie. */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    // The process went away between open and read.
    if (error instanceof Error && error.message.includes("os error 3")) return false;
    throw error;
  }
}
