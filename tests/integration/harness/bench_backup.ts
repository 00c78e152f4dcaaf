/** Copies of a bench's instance and its WAL archive, as an operator's backup tool would make them. */
import { assertEquals } from "@std/assert";
import { startPrimary } from "./bench_parts.ts";
import type { BenchKeeper, KeeperBench } from "./keeper_bench.ts";
import { waitUntil } from "./wait.ts";

/** A primary (see `startPrimary`) that archives its WAL into the directory. */
export function startArchivingPrimary(bench: KeeperBench, archive: string): Promise<BenchKeeper> {
  return startPrimary(bench, {
    pgParameters: { archive_mode: "on", archive_command: `cp "%p" "${archive}/%f"` },
  });
}

/** `pg_basebackup` as PostgreSQL's user: only that one may read the copy. */
export async function copyInstance(
  bench: KeeperBench,
  source: BenchKeeper,
  { directory, args }: { readonly directory: string; readonly args: readonly string[] },
): Promise<void> {
  const where = ["-h", "127.0.0.1", "-p", String(source.pgPort), "-U", "replicator"];
  const how = ["-D", directory, "-c", "fast", ...args];
  await asOwner([`${bench.binDir}/pg_basebackup`, ...where, ...how], { PGPASSWORD: "repl" });
}

/** Runs a program as PostgreSQL's user. */
export async function asOwner(command: readonly string[], env: Record<string, string> = {}): Promise<void> {
  const [program = "", ...args] = Deno.uid() === 0
    ? ["runuser", "-u", "postgres", "--", ...command]
    : command;
  const { code, stderr } = await new Deno.Command(program, {
    args,
    env,
    cwd: "/",
    stdout: "null",
    stderr: "piped",
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
}

/** Waits until all that was written so far is in the archive. */
export async function archived(primary: BenchKeeper): Promise<void> {
  await primary.sql("select pg_switch_wal()");
  await waitUntil("the WAL is archived", async () => {
    const [row] = await primary.sql(
      "select count(*)::int as n from pg_ls_archive_statusdir() where name like '%.ready'",
    );
    return row?.["n"] === 0;
  });
}
