// This module is pure.
/**
 * A specification that an operator types, stricter than what is read from the store: unknown options are refused with
 * the nearest known name, and names in other capitals are put right.
 */
import { MalformedDocumentError, SpecError, type SpecProblem } from "./errors.ts";
import { isObject } from "./fields.ts";
import { type JsonObject, type JsonValue, parseJson } from "./json.ts";
import { mergePatch } from "./merge_patch.ts";
import { nearestName } from "./nearest_name.ts";
import type { ClusterSpec } from "./spec.ts";
import { decodeSpec, encodeSpec, type OptionKind, type OptionTable, SPEC_OPTIONS } from "./spec_codec.ts";
import { parseDocument } from "./codec.ts";
import { writeJson } from "./json.ts";

/**
 * A specification in JSON. Its values are not validated yet.
 * @throws {SpecError} when it isn't JSON, has unknown options or values of a wrong type
 */
export function parseSpec(text: string): ClusterSpec {
  return toSpec(normalised(text));
}

/**
 * The specification after a JSON merge patch. Its values are not validated yet.
 * @throws {SpecError} when the patch isn't JSON, has unknown options or values of a wrong type
 */
export function patchSpec(spec: ClusterSpec, patchText: string): ClusterSpec {
  const current = parseJson(writeJson(encodeSpec(spec)));
  return toSpec(mergePatch(current, normalised(patchText)));
}

/** The text of a specification, as `stolonctl spec` prints it when indented with tabs. */
export function encodeSpecText(spec: ClusterSpec, indent = ""): string {
  return writeJson(encodeSpec(spec), indent);
}

function normalised(text: string): JsonObject {
  const problems: SpecProblem[] = [];
  const value = normaliseNames(parseText(text), { table: SPEC_OPTIONS, path: "", problems });
  if (problems.length > 0) throw new SpecError(problems);
  return value;
}

function parseText(text: string): JsonObject {
  let value: JsonValue;
  try {
    value = parseDocument(text);
  } catch (cause) {
    const why = cause instanceof MalformedDocumentError ? cause.message : String(cause);
    throw new SpecError([{ option: "", message: why }], { cause });
  }
  if (isObject(value)) return value;
  throw new SpecError([{ option: "", message: "expected an object with options" }]);
}

function toSpec(value: JsonValue): ClusterSpec {
  try {
    return decodeSpec(value);
  } catch (cause) {
    if (!(cause instanceof MalformedDocumentError)) throw cause;
    const message = cause.message.replace(/^malformed document: /, "");
    throw new SpecError([{ option: cause.path, message }], { cause });
  }
}

interface NameContext {
  readonly table: OptionTable;
  readonly path: string;
  readonly problems: SpecProblem[];
}

function normaliseNames(object: JsonObject, context: NameContext): JsonObject {
  const { table, path, problems } = context;
  const result = new Map<string, JsonValue>();
  for (const [given, value] of Object.entries(object)) {
    const name = knownName(given, table);
    if (name === undefined) problems.push(unknownOption(given, context));
    else if (result.has(name)) {
      problems.push({ option: path + name, message: `${path}${name}: given twice, in different capitals` });
    } else {result.set(
        name,
        normaliseValue(value, table[name] ?? "string", { ...context, path: `${path}${name}.` }),
      );}
  }
  return Object.fromEntries(result);
}

function normaliseValue(value: JsonValue, kind: OptionKind, context: NameContext): JsonValue {
  return typeof kind === "object" && isObject(value)
    ? normaliseNames(value, { ...context, table: kind })
    : value;
}

function knownName(given: string, table: OptionTable): string | undefined {
  if (Object.hasOwn(table, given)) return given;
  return Object.keys(table).find((name) => name.toLowerCase() === given.toLowerCase());
}

function unknownOption(given: string, { table, path }: NameContext): SpecProblem {
  const nearest = nearestName(given, Object.keys(table));
  const hint = nearest === undefined ? "" : ` (did you mean "${path}${nearest}"?)`;
  return { option: path + given, message: `unknown option "${path}${given}"${hint}` };
}
