/** Processes that stand still, as a suspended machine's do. */

const LIMIT_MS = 10_000;
const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * SIGSTOP, and returns when every thread stands still: the signal reaches one of them first, and until that one has run
 * the others go on.
 */
export function freezeProcess(pid: number): void {
  Deno.kill(pid, "SIGSTOP");
  const startMs = performance.now();
  while (!isFrozen(pid)) {
    if (performance.now() - startMs > LIMIT_MS) throw new Error(`process ${pid} does not stop`);
    Atomics.wait(pause, 0, 0, 1);
  }
}

function isFrozen(pid: number): boolean {
  const tasks = `/proc/${pid}/task`;
  return [...Deno.readDirSync(tasks)].every(({ name }) => {
    try {
      const stat = Deno.readTextFileSync(`${tasks}/${name}/stat`);
      // The state follows the name, which may itself have parentheses in it.
      return stat.charAt(stat.lastIndexOf(")") + 2) === "T";
    } catch (error) {
      // A thread that has ended meanwhile.
      if (error instanceof Deno.errors.NotFound || /os error 3\b/.test(String(error))) return true;
      throw error;
    }
  });
}
