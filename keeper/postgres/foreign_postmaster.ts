/** A postmaster that isn't our child: left over by a keeper that was killed, or started by hand. */
import { writeFileAtomically } from "../state/atomic_file.ts";
import { programPath } from "./binaries.ts";
import type { Instance } from "./instance.ts";
import { runTool } from "./tool.ts";

/** What `postmaster.pid` says. The pid may be stale and belong to another program by now. */
export interface PostmasterPid {
  readonly pid: number;
  readonly dataDirectory: string;
  readonly port: number | undefined;
}

/** Undefined when there is no file, or PostgreSQL is just writing its first line. */
export async function readPostmasterPid(dataDirectory: string): Promise<PostmasterPid | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(`${dataDirectory}/postmaster.pid`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const lines = text.split("\n");
  const pid = Math.abs(Number.parseInt(lines[0] ?? "", 10));
  if (Number.isNaN(pid) || pid === 0) return undefined;
  const port = Number.parseInt(lines[3] ?? "", 10);
  return { pid, dataDirectory: lines[1] ?? "", port: Number.isNaN(port) ? undefined : port };
}

/** `running`: a postmaster of this very directory. `stale`: the file is there, its process isn't. `none`: no file. */
export type ForeignPostmaster =
  | { readonly state: "running"; readonly pid: number }
  | { readonly state: "stale"; readonly pid: number }
  | { readonly state: "none" };

/** A postmaster's working directory is its data directory: that tells it from whoever has its number now. */
export async function findForeignPostmaster(
  dataDirectory: string,
  signal?: AbortSignal,
): Promise<ForeignPostmaster> {
  const found = await readPostmasterPid(dataDirectory);
  if (found === undefined) return { state: "none" };
  const cwd = await workingDirectory(found.pid, signal);
  const own = cwd !== "" && cwd === await Deno.realPath(dataDirectory);
  return { state: own ? "running" : "stale", pid: found.pid };
}

/** Stops it cleanly and waits, until the signal. @throws {CommandError} when it would not stop. */
export async function stopForeignPostmaster(instance: Instance, signal: AbortSignal): Promise<void> {
  const timeoutS = 3600;
  await runTool(programPath(instance.binaries, "pg_ctl"), [
    "-D",
    instance.dataDirectory,
    "-m",
    "fast",
    "-w",
    "-t",
    String(timeoutS),
    "stop",
  ], { signal });
}

/**
 * Keeps a stale `postmaster.pid` from blocking a start: PostgreSQL refuses as long as anybody has the number in it. The
 * file isn't removed, since by its last lines PostgreSQL finds out whether processes of a killed postmaster still live; its
 * first line gets the number of a process that has just ended. Only for one found `stale`.
 */
export async function disarmStalePidFile(dataDirectory: string): Promise<void> {
  const path = `${dataDirectory}/postmaster.pid`;
  const lines = (await Deno.readTextFile(path)).split("\n");
  const { stdout } = await runTool("/bin/sh", ["-c", "echo $$"], { passThrough: false });
  writeFileAtomically(path, [stdout.trim(), ...lines.slice(1)].join("\n"));
}

/** Empty when there is no such process, or it isn't ours to look at. */
async function workingDirectory(pid: number, signal: AbortSignal | undefined): Promise<string> {
  const script = 'readlink "/proc/$1/cwd" || true';
  const { stdout } = await runTool("/bin/sh", ["-c", script, "sh", String(pid)], {
    passThrough: false,
    ...(signal === undefined ? {} : { signal }),
  });
  return stdout.replace(/\n$/, "");
}
