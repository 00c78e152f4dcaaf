// This module is pure.
/**
 * The two small documents in which a keeper remembers who it is and which assignment its instance belongs to, and how
 * they are read. Field names are those of the files on disk, which other keepers of the format read too.
 */

/** File `keeperstate`. */
export interface KeeperState {
  readonly UID: string;
  /** Empty before the keeper has seen a cluster. */
  readonly ClusterUID: string;
}

/** File `dbstate`: which assignment the PostgreSQL data directory belongs to, and how far it got. */
export interface DbState {
  /** UID of the db; empty when the directory belongs to none. */
  readonly UID: string;
  /** The last generation that was reached; 0: none yet. */
  readonly Generation: number;
  /** True from just before something is destroyed until the new instance is complete: what is there is rubbish. */
  readonly Initializing: boolean;
  /** What the instance brought along when it was initialised; null when nothing was taken over. */
  readonly InitPGParameters: Readonly<Record<string, string>> | null;
}

/** A state file that this program did not write: acting on a guess could destroy data. */
export class MalformedStateError extends Error {
  override readonly name = "MalformedStateError";
}

/** @throws {MalformedStateError} */
export function parseKeeperState(text: string): KeeperState {
  const fields = parseObject(text, "keeperstate");
  const UID = stringField(fields, { file: "keeperstate", name: "UID" });
  if (UID === "") throw new MalformedStateError("reading keeperstate: it holds no UID");
  return { UID, ClusterUID: stringField(fields, { file: "keeperstate", name: "ClusterUID" }) };
}

/** @throws {MalformedStateError} */
export function parseDbState(text: string): DbState {
  const fields = parseObject(text, "dbstate");
  const generation = fields["Generation"] ?? 0;
  if (typeof generation !== "number" || !Number.isSafeInteger(generation)) {
    throw new MalformedStateError(
      `reading dbstate: Generation is ${JSON.stringify(generation)}, not an integer`,
    );
  }
  const initializing = fields["Initializing"] ?? false;
  if (typeof initializing !== "boolean") {
    throw new MalformedStateError(
      `reading dbstate: Initializing is ${JSON.stringify(initializing)}, not a boolean`,
    );
  }
  return {
    UID: stringField(fields, { file: "dbstate", name: "UID" }),
    Generation: generation,
    Initializing: initializing,
    InitPGParameters: parametersField(fields["InitPGParameters"]),
  };
}

/** @throws {MalformedStateError} */
export function parseParameters(text: string): Readonly<Record<string, string>> {
  const fields = parseObject(text, "goodparameters");
  if (Object.values(fields).every((one) => typeof one === "string")) return fields as Record<string, string>;
  throw new MalformedStateError("reading goodparameters: it is no map of strings");
}

function parseObject(text: string, file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new MalformedStateError(`reading ${file}: it is no JSON`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new MalformedStateError(`reading ${file}: it is no JSON object`);
  }
  return value as Record<string, unknown>;
}

function stringField(fields: Record<string, unknown>, field: { file: string; name: string }): string {
  const value = fields[field.name] ?? "";
  if (typeof value === "string") return value;
  throw new MalformedStateError(
    `reading ${field.file}: ${field.name} is ${JSON.stringify(value)}, not a string`,
  );
}

function parametersField(value: unknown): Readonly<Record<string, string>> | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "object" && Object.values(value).every((one) => typeof one === "string")) {
    return value as Record<string, string>;
  }
  throw new MalformedStateError("reading dbstate: InitPGParameters is no map of strings");
}
