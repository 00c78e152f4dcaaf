/** Looking up users of the operating system. */
import { FatalError } from "../../common/errors.ts";
import { runTool } from "../postgres/tool.ts";

export interface OsUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** @throws {FatalError} when there is no such user */
export async function lookUpUser(name: string): Promise<OsUser> {
  const { stdout } = await askId('id -u -- "$1" && id -g -- "$1"', { name, what: `the OS user "${name}"` });
  const [uid, gid] = stdout.trim().split("\n").map(Number);
  if (uid === undefined || gid === undefined || !Number.isInteger(uid) || !Number.isInteger(gid)) {
    throw new FatalError(`looking up the OS user "${name}": "id" answered ${JSON.stringify(stdout)}`);
  }
  return { name, uid, gid };
}

/** Name of the user that this process runs as. @throws {FatalError} when it has none */
export async function currentUserName(): Promise<string> {
  const { stdout } = await askId("id -un", { name: "", what: "the name of the user that runs the keeper" });
  return stdout.trim();
}

async function askId(script: string, asked: { readonly name: string; readonly what: string }) {
  try {
    return await runTool("/bin/sh", ["-c", script, "sh", asked.name], { passThrough: false });
  } catch (cause) {
    const hint = asked.name === "" ? "" : ": create it, or name another one with --pg-os-user";
    throw new FatalError(`could not look up ${asked.what}${hint}`, { cause });
  }
}
