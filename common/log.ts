/**
 * Logs on stderr, one write call per line: time, level, component, message, details as JSON, separated by tabs, so that
 * scripts can cut them (or one JSON object per line). LogTape carries the records; how a line looks is decided here.
 */
import { configureSync, getLogger as getLogTapeLogger, type LogRecord, resetSync } from "@logtape/logtape";
import { asciiOnly, detailsJson } from "./details_json.ts";
import { rfc3339 } from "./clock.ts";

export type LogLevel = "error" | "warn" | "info" | "debug";
export type LogFormat = "text" | "json";
export type LogDetails = Readonly<Record<string, unknown>>;

/** Messages are fixed texts that operators search for; whatever varies goes into the details. */
export interface Logger {
  debug(message: string, details?: LogDetails): void;
  info(message: string, details?: LogDetails): void;
  warn(message: string, details?: LogDetails): void;
  error(message: string, details?: LogDetails): void;
}

export interface LogSettings {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Colours the level word and nothing else. */
  readonly color: boolean;
  /** Where a finished line goes; stderr by default. */
  readonly write?: (line: Uint8Array) => void;
}

const ROOT = "stolon";
const encoder = new TextEncoder();
const COLORS: Readonly<Record<string, string>> = { ERROR: "31", WARN: "33", INFO: "32", DEBUG: "36" };

/** Says where logs go and what they look like. May be called again; the last call holds. */
export function configureLogging(settings: LogSettings): void {
  const write = settings.write ?? writeToStderr;
  const format = settings.format === "json" ? jsonLine : textLine;
  resetSync();
  configureSync({
    sinks: { stderr: (record: LogRecord) => write(encoder.encode(format(record, settings.color))) },
    loggers: [
      {
        category: [ROOT],
        lowestLevel: settings.level === "warn" ? "warning" : settings.level,
        sinks: ["stderr"],
      },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["stderr"] },
    ],
  });
}

/** A logger whose lines name `component` in their third column. */
export function getLogger(component: string): Logger {
  const logger = getLogTapeLogger([ROOT, component]);
  // The message travels as a property: LogTape would interpolate braces in it.
  const properties = (message: string, details: LogDetails | undefined) => ({ message, details });
  return {
    debug: (message, details) => logger.debug("{message}", properties(message, details)),
    info: (message, details) => logger.info("{message}", properties(message, details)),
    warn: (message, details) => logger.warn("{message}", properties(message, details)),
    error: (message, details) => logger.error("{message}", properties(message, details)),
  };
}

function parts(record: LogRecord) {
  const level = record.level === "warning" ? "WARN" : record.level.toUpperCase();
  const own = record.properties["message"];
  const message = typeof own === "string" ? own : record.message.map(String).join("");
  const details = record.properties["details"] as LogDetails | undefined;
  const component = record.category.slice(1).join(".");
  return { time: rfc3339(record.timestamp), level, component, message, details };
}

function textLine(record: LogRecord, color: boolean): string {
  const { time, level, component, message, details } = parts(record);
  const word = color ? `\x1b[${COLORS[level]}m${level}\x1b[0m` : level;
  const columns = [time, word, component, asciiOnly(message)];
  if (details !== undefined && Object.keys(details).length > 0) columns.push(detailsJson(details));
  return columns.join("\t") + "\n";
}

function jsonLine(record: LogRecord): string {
  const { time, level, component, message, details } = parts(record);
  return detailsJson({ time, level: level.toLowerCase(), component, message, details }) + "\n";
}

/** A closed stderr must not end a role: there is nobody left to tell. */
function writeToStderr(line: Uint8Array): void {
  try {
    Deno.stderr.writeSync(line);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
