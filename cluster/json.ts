// This module is pure.
/**
 * JSON text in which 64-bit integers survive: integers that a JavaScript number can't hold exactly are read as `bigint`,
 * and `bigint`s are written as plain integers. Maps (`Map`) are written with sorted keys, records in their own order.
 */

/** What a document is made of before anybody looks at its fields. */
export type JsonValue = null | boolean | number | bigint | string | readonly JsonValue[] | JsonObject;

/** A JSON object as it was read. */
export interface JsonObject {
  /** Fields by name. */
  readonly [key: string]: JsonValue;
}

/** What can be written: fields that are undefined are left out, `Map`s have their keys sorted. */
export type WritableJson =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly WritableJson[]
  | ReadonlyMap<string, WritableJson>
  | { readonly [key: string]: WritableJson | undefined };

/** `JSON.parse` as it is: the reviver's third argument isn't in TypeScript's library yet. */
type ParseWithSource = (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => JsonValue;

/**
 * Reads JSON.
 * @throws {SyntaxError} when the text isn't JSON
 */
export function parseJson(text: string): JsonValue {
  return (JSON.parse as ParseWithSource)(text, (_key, value, context) => {
    if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
    return /^-?\d+$/.test(context.source ?? "") ? BigInt(context.source ?? "") : value;
  });
}

/**
 * Writes JSON.
 * @param indent what to indent each level with; without it everything is on one line
 */
export function writeJson(value: WritableJson, indent = ""): string {
  return write(value, indent, indent === "" ? "" : "\n");
}

function write(value: WritableJson, indent: string, lineBreak: string): string {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return writeNumber(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const inner = lineBreak === "" ? "" : lineBreak + indent;
  if (isList(value)) return wrap("[]", value.map((item) => write(item, indent, inner)), { inner, lineBreak });
  const colon = lineBreak === "" ? ":" : ": ";
  const fields = fieldsOf(value).map(([key, item]) =>
    `${JSON.stringify(key)}${colon}${write(item, indent, inner)}`
  );
  return wrap("{}", fields, { inner, lineBreak });
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} can't be written as JSON`);
  return JSON.stringify(value);
}

function fieldsOf(
  value: ReadonlyMap<string, WritableJson> | { readonly [key: string]: WritableJson | undefined },
): [string, WritableJson][] {
  if (isMap(value)) return [...value].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.entries(value).filter((field): field is [string, WritableJson] => field[1] !== undefined);
}

function wrap(brackets: string, items: string[], lines: { inner: string; lineBreak: string }): string {
  const [open, close] = [brackets.charAt(0), brackets.charAt(1)];
  if (items.length === 0) return open + close;
  return `${open}${lines.inner}${items.join(`,${lines.inner}`)}${lines.lineBreak}${close}`;
}

// Array.isArray and instanceof don't narrow readonly types.
function isList(value: WritableJson): value is readonly WritableJson[] {
  return Array.isArray(value);
}

function isMap(value: WritableJson): value is ReadonlyMap<string, WritableJson> {
  return value instanceof Map;
}
