import { assert, assertEquals, assertThrows } from "@std/assert";
import { DataDirLock, DataDirLockError } from "./data_dir_lock.ts";

const SCRIPT = `
  import { DataDirLock } from ${JSON.stringify(new URL("./data_dir_lock.ts", import.meta.url).href)};
  const lock = DataDirLock.take(Deno.args[0]);
  await Deno.stdout.write(new TextEncoder().encode("taken"));
  await Deno.stdin.readable.pipeTo(new WritableStream());
  lock[Symbol.dispose]();
`;

/** Another process that holds the lock until it is killed. */
async function holder(directory: string) {
  const script = `${directory}/holder.ts`;
  await Deno.writeTextFile(script, SCRIPT);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", script, directory],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  assertEquals(new TextDecoder().decode((await reader.read()).value), "taken");
  return {
    async kill() {
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
      await child.stdin.close().catch(() => {});
    },
  };
}

Deno.test("the lock excludes other processes, is seen as a POSIX record lock, and ends with its process", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const other = await holder(directory);
    assertThrows(() => DataDirLock.take(directory), DataDirLockError, "lock");
    const { ino } = await Deno.stat(`${directory}/lock`);
    const locks = await Deno.readTextFile("/proc/locks");
    assert(locks.split("\n").some((line) => line.includes("POSIX") && line.includes(`:${ino} `)), locks);
    await other.kill();
    using _lock = DataDirLock.take(directory);
    assertEquals((await Deno.stat(`${directory}/lock`)).size, 0, "the file stays empty");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a directory in which nothing can be written is refused with its path", () => {
  assertThrows(() => DataDirLock.take("/nonexistent/dir"), DataDirLockError, "/nonexistent/dir/lock");
});
