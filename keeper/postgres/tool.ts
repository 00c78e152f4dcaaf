/**
 * Running PostgreSQL's tools (and `/bin/sh`) to their end. Their output is passed through to our stderr, except where it is
 * the answer; the tail of stderr goes into the error. Secrets never come here in arguments, so errors may show them.
 *
 * No tool outlives us: a copy whose keeper was killed would go on writing into a directory that the next one is emptying, and
 * keep the slot busy. So each runs under a small shell, in a session of its own, whose stdin is a pipe that we hold: when it
 * closes, by our wish or our death, the whole group is ended (`pg_basebackup` has a child that would stay behind otherwise).
 */
import { describeError } from "../../common/errors.ts";

export interface ToolOptions {
  /** Ends the tool and all that it started: SIGTERM, after 5 s SIGKILL. */
  readonly signal?: AbortSignal;
  /** Added to PATH, LC_ALL=C and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** False: stdout is returned and stderr kept, neither is shown. Default true: both are shown on our stderr as well. */
  readonly passThrough?: boolean;
  /** Keep only the end of stdout: for answers of any length of which the last lines matter. */
  readonly keepStdoutTail?: boolean;
  /** Each line of stderr (also those that end with a carriage return); return false to keep it from being shown. */
  onStderrLine?(line: string): boolean;
}

export interface ToolResult {
  readonly stdout: string;
  readonly stderrTail: string;
}

/** How a tool ended. Neither code nor signal: it could not be started. */
export interface ToolExit {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderrTail: string;
}

/** A tool failed or could not be started. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  constructor(
    readonly argv: readonly string[],
    readonly exit: ToolExit,
    options?: ErrorOptions,
  ) {
    super(commandMessage(argv, exit, options?.cause), options);
  }
}

/** Runs to the end. @throws {CommandError} on any exit code but 0; the signal's reason when it was aborted. */
export async function runTool(
  program: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<ToolResult> {
  options.signal?.throwIfAborted();
  const argv = [program, ...args];
  const child = spawn(argv, options);
  const leash = holdLeash(child, options.signal);
  try {
    const [stdout, stderrTail, status] = await Promise.all([
      readAll(child.stdout, options),
      readStderr(child.stderr, options),
      child.status,
    ]);
    if (status.success) return { stdout, stderrTail };
    options.signal?.throwIfAborted();
    throw new CommandError(argv, {
      code: status.code,
      signal: status.signal ?? undefined,
      stdout,
      stderrTail,
    });
  } finally {
    await leash.release();
  }
}

/** The environment of every program of PostgreSQL that we start: nothing of ours leaks in. */
export function toolEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const path = Deno.env.get("PATH");
  return { PATH: path ?? "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C", ...extra };
}

const SUPERVISOR = `
trap : TERM
exec 3<&0
"$@" </dev/null 3<&- & child=$!
( trap "" TERM; exec >/dev/null 2>&1; while read -r _; do :; done
  kill -s TERM -- "-$$"; sleep 5; kill -s KILL -- "-$$" ) <&3 & watcher=$!
exec 3<&-
wait "$child"; code=$?
while kill -0 "$child" 2>/dev/null; do wait "$child"; code=$?; done
kill -s KILL "$watcher"
exit "$code"`;

function spawn(argv: readonly string[], options: ToolOptions): Deno.ChildProcess {
  try {
    return new Deno.Command("/bin/sh", {
      args: ["-c", SUPERVISOR, "sh", ...argv],
      clearEnv: true,
      env: toolEnvironment(options.env),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
  } catch (cause) {
    throw new CommandError(argv, { code: undefined, signal: undefined, stdout: "", stderrTail: "" }, {
      cause,
    });
  }
}

/** The pipe whose end is the tool's end. */
function holdLeash(child: Deno.ChildProcess, signal: AbortSignal | undefined): { release(): Promise<void> } {
  let released: Promise<void> | undefined;
  const release = () => released ??= child.stdin.close().catch(ignoreBrokenPipe);
  const onAbort = () => void release();
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  return {
    release() {
      signal?.removeEventListener("abort", onAbort);
      return release();
    },
  };
}

/** The shell may have ended before we let go. */
function ignoreBrokenPipe(error: unknown): void {
  if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
}

async function readAll(stream: ReadableStream<Uint8Array>, options: ToolOptions): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    if (options.keepStdoutTail) text = text.slice(-STDOUT_TAIL_CHARS);
    if (options.passThrough !== false) show(chunk);
  }
  return text;
}

const TAIL_CHARS = 4000;
const STDOUT_TAIL_CHARS = 100_000;

async function readStderr(stream: ReadableStream<Uint8Array>, options: ToolOptions): Promise<string> {
  const decoder = new TextDecoder();
  let tail = "";
  let pending = "";
  for await (const chunk of stream) {
    const lines = (pending + decoder.decode(chunk, { stream: true })).split(/\r\n|\r|\n/);
    pending = lines.pop() ?? "";
    for (const line of lines) tail = keepLine(tail, line, options);
  }
  return pending === "" ? tail.trimEnd() : keepLine(tail, pending, options).trimEnd();
}

function keepLine(tail: string, line: string, options: ToolOptions): string {
  const wanted = options.onStderrLine?.(line) ?? true;
  if (!wanted) return tail;
  if (options.passThrough !== false) show(new TextEncoder().encode(`${line}\n`));
  return `${tail}${line}\n`.slice(-TAIL_CHARS);
}

/**
 * Nobody may be reading any more, or the disk that it goes to is full. A copy or a rewind is not given up for that: what
 * went wrong is in the error of the tool, shown or not.
 */
function show(bytes: Uint8Array): void {
  let rest = bytes;
  try {
    while (rest.length > 0) rest = rest.subarray(Deno.stderr.writeSync(rest));
  } catch {
    // There is no other place to say it.
  }
}

function commandMessage(argv: readonly string[], exit: ToolExit, cause: unknown): string {
  const command = `"${argv.join(" ")}"`;
  if (cause !== undefined) return `${command} could not be started: ${describeError(cause)}`;
  const how = exit.signal === undefined ? `exit code ${exit.code}` : `ended by ${exit.signal}`;
  return `${command} failed, ${how}${
    exit.stderrTail === "" ? "" : `: ${exit.stderrTail.replaceAll("\n", " | ")}`
  }`;
}
