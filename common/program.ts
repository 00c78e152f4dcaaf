/** How every program starts and ends: signals from the first moment, one clear line for what is refused, exit codes. */
import { AnsweredError, type ParsedFlags, parseFlags, type ProgramDefinition } from "./command_line.ts";
import { describeError, FatalError, UsageError } from "./errors.ts";
import { configureLogging, getLogger, type LogFormat, type LogLevel } from "./log.ts";

export interface ProgramContext {
  readonly flags: ParsedFlags;
  /** Aborted by SIGINT and SIGTERM; the reason is the signal's name. */
  readonly signal: AbortSignal;
}

export interface ProgramOptions {
  /** After a signal the program ends after this long, whatever still hangs. Undefined: it is waited for. */
  readonly stopLimitMs?: number;
  /** Who speaks in the log when the program itself ends; undefined: plain lines on stderr, as command line tools do. */
  readonly component?: string;
}

/** Runs the program and ends the process: 0 after `run` returned or a signal was obeyed, 1 for anything refused or fatal. */
export async function runProgram(
  definition: ProgramDefinition,
  run: (context: ProgramContext) => Promise<void>,
  options: ProgramOptions = {},
): Promise<never> {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    // A Ctrl-C may arrive twice: the second says nothing new.
    Deno.addSignalListener(name, () => {
      if (stop.signal.aborted) return;
      stop.abort(name);
      if (options.stopLimitMs !== undefined) setTimeout(() => Deno.exit(0), options.stopLimitMs);
    });
  }
  let hasLog = false;
  try {
    const flags = parseFlags(definition, Deno.args);
    configureLogging(logSettings(flags));
    hasLog = true;
    await run({ flags, signal: stop.signal });
  } catch (error) {
    Deno.exit(
      report(error, {
        program: definition.name,
        component: hasLog ? options.component : undefined,
        stopped: stop.signal.aborted,
      }),
    );
  }
  Deno.exit(0);
}

function report(
  error: unknown,
  where: { readonly program: string; readonly component: string | undefined; readonly stopped: boolean },
): number {
  if (error instanceof AnsweredError) return 0;
  if (where.stopped && error instanceof DOMException && error.name === "AbortError") return 0;
  if (error instanceof UsageError || where.component === undefined) {
    writeLine(`${where.program}: ${explain(error)}`);
  } else getLogger(where.component).error(explain(error), detailsOf(error));
  return 1;
}

function detailsOf(error: unknown) {
  if (error instanceof FatalError) return error.details;
  return error instanceof Error && !(error instanceof Deno.errors.NotCapable)
    ? { stack: error.stack }
    : undefined;
}

function explain(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) return `a permission is missing: ${error.message}`;
  return error instanceof UsageError ? error.message : describeError(error);
}

function writeLine(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text + "\n"));
}

function logSettings(flags: ParsedFlags) {
  const level = flags.boolean("debug") ? "debug" : flags.requiredString("log-level");
  const color = flags.given("log-color") ? flags.boolean("log-color") : Deno.stderr.isTerminal();
  return { level: level as LogLevel, format: flags.requiredString("log-format") as LogFormat, color };
}
