/**
 * Whoever the user sees as "the demo". Started as `npx deno task demo` this process has a chain of parents, and a signal
 * to the first of them does not reach it: so the demo watches the chain and ends when one of them is gone.
 */

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Ticks since boot; tells a pid's second life from its first. */
  readonly started: string;
  readonly command: string;
}

const WATCH_MS = 200;
/** The programs between the user's shell and this process: `npx`, the npm package's launcher, `deno task`. */
const LINKS = /(?:^|[/\s'"])(?:npx|npm|node|deno)(?:[\s'"@]|$)/;
/** npm starts its program through one; the user's own shell is no link, whatever it was told to run. */
const SHELL = /^(?:\S*\/)?(?:sh|dash|bash|zsh|fish|ksh)\s/;

function readProcess(pid: number): Process | undefined {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z") return undefined;
    const command = Deno.readTextFileSync(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
    return { pid, parent: Number(fields[1]), started: fields[19] ?? "", command };
  } catch {
    // Gone, or a system without /proc: then there is nothing to watch.
    return undefined;
  }
}

/** The parents that stand between the user and this process, nearest first. */
export function owners(): Process[] {
  const chain: Process[] = [];
  for (
    let next = readProcess(Deno.ppid);
    next !== undefined && next.pid > 1;
    next = readProcess(next.parent)
  ) {
    if (!LINKS.test(next.command)) break;
    chain.push(next);
  }
  while (SHELL.test(chain.at(-1)?.command ?? "")) chain.pop();
  return chain;
}

/** Calls back once when one of the owners is gone. Returns what ends the watch. */
export function watchOwners(gone: (command: string) => void): () => void {
  const chain = owners();
  const timer = setInterval(() => {
    const missing = chain.find(({ pid, started }) => readProcess(pid)?.started !== started);
    if (missing === undefined) return;
    clearInterval(timer);
    gone(missing.command);
  }, WATCH_MS);
  return () => clearInterval(timer);
}
