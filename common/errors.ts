/** Errors that end a program, and how any error is put into words. */

/** The program cannot go on: its message is the one line that the operator reads; exit code 1. */
export class FatalError extends Error {
  override readonly name = "FatalError";
  /** Facts for the log line, never secrets. */
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(
    message: string,
    options: ErrorOptions & { readonly details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options);
    this.details = options.details;
  }
}

/** The command line is wrong: one line, exit code 1. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** One line of text for an error of any kind, with its causes where they add something. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.message === "" ? error.name : error.message;
  if (error.cause === undefined) return oneLine(own);
  const cause = describeError(error.cause);
  return own.includes(cause) ? oneLine(own) : `${oneLine(own)}: ${cause}`;
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*[\r\n]+\s*/g, " | ");
}
