// This module is pure.
/**
 * The cluster specification between its JSON and {@link ClusterSpec}. What the user wrote is kept: null stays null,
 * absent stays absent. Types are checked here, values in `spec_validation.ts`: a document whose spec has a
 * value that isn't valid can still be read, to be repaired.
 */
import { Fields, isObject } from "./fields.ts";
import { MalformedDocumentError } from "./errors.ts";
import type { JsonValue, WritableJson } from "./json.ts";
import type { ClusterSpec } from "./spec.ts";

/** What an option holds. A table of options stands for an object. */
export type OptionKind =
  | "string"
  | "duration"
  | "integer"
  | "boolean"
  | "strings"
  | "stringMap"
  | OptionTable;

/** The options of the spec, or of an object in it, by name. */
export interface OptionTable {
  readonly [name: string]: OptionKind;
}

const ARCHIVE_RECOVERY_SETTINGS: OptionTable = { restoreCommand: "string" };

/** Every option that there is, in the order in which it is documented and written. */
export const SPEC_OPTIONS = {
  initMode: "string",
  sleepInterval: "duration",
  requestTimeout: "duration",
  convergenceTimeout: "duration",
  initTimeout: "duration",
  syncTimeout: "duration",
  dbWaitReadyTimeout: "duration",
  failInterval: "duration",
  deadKeeperRemovalInterval: "duration",
  proxyCheckInterval: "duration",
  proxyTimeout: "duration",
  maxStandbys: "integer",
  maxStandbysPerSender: "integer",
  maxStandbyLag: "integer",
  synchronousReplication: "boolean",
  minSynchronousStandbys: "integer",
  maxSynchronousStandbys: "integer",
  additionalWalSenders: "integer",
  additionalMasterReplicationSlots: "strings",
  usePgrewind: "boolean",
  mergePgParameters: "boolean",
  role: "string",
  newConfig: { locale: "string", encoding: "string", dataChecksums: "boolean" },
  pitrConfig: {
    dataRestoreCommand: "string",
    archiveRecoverySettings: ARCHIVE_RECOVERY_SETTINGS,
    recoveryTargetSettings: {
      recoveryTarget: "string",
      recoveryTargetLsn: "string",
      recoveryTargetName: "string",
      recoveryTargetTime: "string",
      recoveryTargetXid: "string",
      recoveryTargetTimeline: "string",
    },
  },
  existingConfig: { keeperUID: "string" },
  standbyConfig: {
    standbySettings: {
      primaryConninfo: "string",
      primarySlotName: "string",
      recoveryMinApplyDelay: "string",
    },
    archiveRecoverySettings: ARCHIVE_RECOVERY_SETTINGS,
  },
  defaultSUReplAccessMode: "string",
  pgParameters: "stringMap",
  pgHBA: "strings",
  automaticPgRestart: "boolean",
} as const satisfies OptionTable & Readonly<Record<keyof ClusterSpec, OptionKind>>;

/**
 * The spec of a document. Unknown fields are ignored.
 * @throws {MalformedDocumentError} when an option has a value of the wrong type
 */
export function decodeSpec(value: JsonValue, path = ""): ClusterSpec {
  if (!isObject(value)) throw new MalformedDocumentError(path, "expected an object");
  return decodeOptions(new Fields(value, path), SPEC_OPTIONS) as ClusterSpec;
}

/** Any object in the spec, such as `pitrConfig`. */
export function decodeOptions(fields: Fields, table: OptionTable): Readonly<Record<string, unknown>> {
  const present = Object.entries(table).filter(([name]) => fields.raw(name) !== undefined);
  return Object.fromEntries(present.map(([name, kind]) => [name, decodeOption(fields, name, kind)]));
}

function decodeOption(fields: Fields, name: string, kind: OptionKind): unknown {
  if (fields.raw(name) === null) return null;
  if (typeof kind === "object") return decodeOptions(fields.object(name), kind);
  switch (kind) {
    case "string":
    case "duration":
      return fields.string(name);
    case "integer":
      return fields.integer(name);
    case "boolean":
      return fields.boolean(name);
    case "strings":
      return fields.strings(name);
    case "stringMap":
      return fields.stringMap(name);
  }
}

/** The spec as it goes into the document, options in the order of {@link SPEC_OPTIONS}. */
export function encodeSpec(spec: ClusterSpec): WritableJson {
  return encodeOptions(spec as Readonly<Record<string, unknown>>, SPEC_OPTIONS);
}

/** Any object in the spec, such as `pitrConfig`. */
export function encodeOptions(options: object, table: OptionTable): WritableJson {
  const values = options as Readonly<Record<string, WritableJson | undefined>>;
  return Object.fromEntries(
    Object.entries(table).map(([name, kind]) => [name, encodeOption(values[name], kind)]),
  );
}

function encodeOption(value: WritableJson | undefined, kind: OptionKind): WritableJson | undefined {
  if (value === undefined || value === null || typeof value !== "object") return value;
  if (typeof kind === "object") return encodeOptions(value, kind);
  return kind === "stringMap" ? new Map(Object.entries(value as Readonly<Record<string, string>>)) : value;
}
