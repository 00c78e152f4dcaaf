// This module is pure.
/** What a role says in one line of its log. */

/** One line of `--log-format json`. */
export interface LogEntry {
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  readonly level: string;
  readonly component: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** The entry on one line; undefined for a line that is not ours, such as PostgreSQL's own. */
export function parseLogLine(line: string): LogEntry | undefined {
  if (!line.startsWith("{")) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const { time, level, component, message, details } = value as Record<string, unknown>;
  if (typeof time !== "string" || typeof message !== "string") return undefined;
  return {
    timeMs: Date.parse(time),
    level: String(level),
    component: String(component),
    message,
    details: typeof details === "object" && details !== null ? details as Record<string, unknown> : {},
  };
}
