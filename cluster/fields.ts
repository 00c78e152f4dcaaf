// This module is pure.
/** Reading the fields of a parsed document by type: absent and null are zero, anything else of a wrong type is an error. */
import { MalformedDocumentError } from "./errors.ts";
import type { JsonObject, JsonValue } from "./json.ts";

/** The fields of one JSON object, with its place in the document for the error messages. */
export class Fields {
  constructor(private readonly record: JsonObject, readonly path: string) {}

  /** Undefined when absent; null is kept. */
  raw(name: string): JsonValue | undefined {
    return Object.hasOwn(this.record, name) ? this.record[name] : undefined;
  }

  /** @throws {MalformedDocumentError} naming this field. */
  fail(name: string, what: string): never {
    throw new MalformedDocumentError(join(this.path, name), what);
  }

  string(name: string): string {
    const value = this.raw(name) ?? "";
    return typeof value === "string" ? value : this.fail(name, expected("a string", value));
  }

  boolean(name: string): boolean {
    return this.optionalBoolean(name) ?? false;
  }

  optionalBoolean(name: string): boolean | undefined {
    const value = this.raw(name) ?? undefined;
    if (value === undefined || typeof value === "boolean") return value;
    return this.fail(name, expected("true or false", value));
  }

  integer(name: string): number {
    const value = this.raw(name) ?? 0;
    return typeof value === "number" && Number.isInteger(value)
      ? value
      : this.fail(name, expected("an integer", value));
  }

  /** An unsigned 64-bit integer, exactly. */
  position(name: string): bigint {
    const value = this.raw(name) ?? 0;
    const isInteger = typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value));
    if (!isInteger) return this.fail(name, expected("an integer", value));
    const position = BigInt(value);
    if (BigInt.asUintN(64, position) !== position) {
      return this.fail(name, `${position} is not an unsigned 64-bit integer`);
    }
    return position;
  }

  /** Null when absent or null. */
  optionalObject(name: string): Fields | null {
    const value = this.raw(name) ?? null;
    if (value === null) return null;
    return isObject(value)
      ? new Fields(value, join(this.path, name))
      : this.fail(name, expected("an object", value));
  }

  object(name: string): Fields {
    return this.optionalObject(name) ?? new Fields({}, join(this.path, name));
  }

  /** Null when absent or null. */
  optionalStrings(name: string): readonly string[] | null {
    return this.list(name)?.map((item, index) =>
      typeof item === "string" ? item : this.fail(`${name}[${index}]`, expected("a string", item))
    ) ?? null;
  }

  strings(name: string): readonly string[] {
    return this.optionalStrings(name) ?? [];
  }

  objects(name: string): readonly Fields[] {
    return this.list(name)?.map((item, index) =>
      isObject(item)
        ? new Fields(item, `${join(this.path, name)}[${index}]`)
        : this.fail(`${name}[${index}]`, expected("an object", item))
    ) ?? [];
  }

  /** A map of objects by key. */
  objectsByKey<T>(name: string, decode: (fields: Fields, key: string) => T): Readonly<Record<string, T>> {
    const map = this.object(name);
    return Object.fromEntries(
      Object.keys(map.record).map((key) => {
        const value = map.optionalObject(key) ?? map.fail(key, "expected an object, found null");
        return [key, decode(value, key)];
      }),
    );
  }

  /** A map of strings by key; null when absent or null. */
  optionalStringMap(name: string): Readonly<Record<string, string>> | null {
    const map = this.optionalObject(name);
    if (map === null) return null;
    return Object.fromEntries(
      Object.entries(map.record).map(([key, value]) =>
        typeof value === "string" ? [key, value] : map.fail(key, expected("a string", value))
      ),
    );
  }

  stringMap(name: string): Readonly<Record<string, string>> {
    return this.optionalStringMap(name) ?? {};
  }

  private list(name: string): readonly JsonValue[] | null {
    const value = this.raw(name) ?? null;
    if (value === null) return null;
    return isList(value) ? value : this.fail(name, expected("a list", value));
  }
}

/** Whether this is a JSON object. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What was expected and what was found, with the value as far as it is short. */
export function expected(what: string, value: JsonValue): string {
  const found = isList(value) ? "a list" : isObject(value) ? "an object" : shortened(value);
  return `expected ${what}, found ${found}`;
}

function shortened(value: JsonValue): string {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
