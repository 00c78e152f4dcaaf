// This module is pure.
/**
 * What sentinels decided, when and why: the optional key `history` beside the document. Nothing rests on it; it is for
 * people (`stolonctl history`).
 */
import { MalformedDocumentError } from "./errors.ts";
import { Fields } from "./fields.ts";
import { type JsonObject, type JsonValue, parseJson, type WritableJson, writeJson } from "./json.ts";

/** How many decisions are kept, and how large the key may be: the oldest go first. */
export const HISTORY_LIMITS = { entries: 200, bytes: 64 * 1024 } as const;

/** One decision. */
export interface HistoryEntry {
  /** RFC 3339, by the deciding sentinel's clock. */
  readonly time: string;
  /** UID of the sentinel that decided. */
  readonly sentinel: string;
  /** Which rule decided, such as `election`. */
  readonly rule: string;
  /** As it was logged. */
  /** How much it matters to an operator. */
  readonly level: "debug" | "info" | "warn" | "error";
  /** What was decided and why, in words. */
  readonly reason: string;
  /** What the decision rests on, as plain JSON. */
  readonly facts: JsonObject;
}

const LEVELS = ["debug", "info", "warn", "error"] as const;

/**
 * Reads the key's value: decisions, oldest first.
 * @throws {MalformedDocumentError} when it isn't a history
 */
export function decodeHistory(text: string): readonly HistoryEntry[] {
  return new Fields({ history: parse(text) }, "").objects("history").map((fields) => ({
    time: fields.string("time"),
    sentinel: fields.string("sentinel"),
    rule: fields.string("rule"),
    level: LEVELS.find((level) => level === fields.string("level")) ?? "info",
    reason: fields.string("reason"),
    facts: jsonObject(fields.raw("facts")),
  }));
}

function parse(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new MalformedDocumentError("", "is not JSON", { cause });
  }
}

function jsonObject(value: JsonValue | undefined): JsonObject {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? value as JsonObject : {};
}

/** Writes decisions, oldest first, as the key's value: the oldest are left out until the rest is within the limits. */
export function encodeHistory(entries: readonly HistoryEntry[]): string {
  const texts = entries.slice(-HISTORY_LIMITS.entries).map((entry) =>
    writeJson(entry as unknown as WritableJson)
  );
  const kept: string[] = [];
  let bytes = 2;
  for (const text of texts.toReversed()) {
    bytes += utf8Length(text) + 1;
    if (bytes > HISTORY_LIMITS.bytes) break;
    kept.unshift(text);
  }
  return `[${kept.join(",")}]`;
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
