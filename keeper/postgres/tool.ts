/**
 * Running PostgreSQL's tools (and `/bin/sh`) to their end. Their output is passed through to our stderr, except where it is
 * the answer; the tail of stderr goes into the error. Secrets never come here in arguments, so errors may show them.
 */
import { describeError } from "../../common/errors.ts";

export interface ToolOptions {
  /** Ends the tool: SIGTERM (SIGINT for PostgreSQL's own tools is the same), SIGKILL after 5 s. */
  readonly signal?: AbortSignal;
  /** Added to PATH, LC_ALL=C and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Text for the tool's stdin; without it stdin is empty. */
  readonly stdin?: string;
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
  const stop = endOnAbort(child, options.signal);
  try {
    const [stdout, stderrTail, status] = await Promise.all([
      readAll(child.stdout, options),
      readStderr(child.stderr, options),
      child.status,
      feed(child, options.stdin),
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
    stop();
  }
}

/** The environment of every program of PostgreSQL that we start: nothing of ours leaks in. */
export function toolEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const path = Deno.env.get("PATH");
  return { PATH: path ?? "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C", ...extra };
}

function spawn(argv: readonly string[], options: ToolOptions): Deno.ChildProcess {
  const [program = "", ...args] = argv;
  try {
    return new Deno.Command(program, {
      args,
      clearEnv: true,
      env: toolEnvironment(options.env),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdin: options.stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    throw new CommandError(argv, { code: undefined, signal: undefined, stdout: "", stderrTail: "" }, {
      cause,
    });
  }
}

const KILL_AFTER_MS = 5000;

function endOnAbort(child: Deno.ChildProcess, signal: AbortSignal | undefined): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    kill(child, "SIGTERM");
    timer = setTimeout(() => kill(child, "SIGKILL"), KILL_AFTER_MS);
  };
  if (signal?.aborted) end();
  else signal?.addEventListener("abort", end, { once: true });
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
  };
}

/** A child that has already ended can't be killed: that is what was wanted. */
function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function feed(child: Deno.ChildProcess, text: string | undefined): Promise<void> {
  if (text === undefined) return;
  const writer = child.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch (error) {
    // The tool may end without reading everything; its exit code tells whether that matters.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
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

function show(bytes: Uint8Array): void {
  let rest = bytes;
  while (rest.length > 0) rest = rest.subarray(Deno.stderr.writeSync(rest));
}

function commandMessage(argv: readonly string[], exit: ToolExit, cause: unknown): string {
  const command = `"${argv.join(" ")}"`;
  if (cause !== undefined) return `${command} could not be started: ${describeError(cause)}`;
  const how = exit.signal === undefined ? `exit code ${exit.code}` : `ended by ${exit.signal}`;
  return `${command} failed, ${how}${
    exit.stderrTail === "" ? "" : `: ${exit.stderrTail.replaceAll("\n", " | ")}`
  }`;
}
