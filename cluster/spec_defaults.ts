// This module is pure.
/** The cluster specification with the defaults of the options that the user left out, absent or null. */
import { parseDurationMs } from "./duration.ts";
import { SpecError } from "./errors.ts";
import type { ClusterInitMode, ClusterSpec, ResolvedSpec } from "./spec.ts";

/** The values that hold when an option is absent. Those without an entry have none. */
export const SPEC_DEFAULTS = {
  sleepInterval: "5s",
  requestTimeout: "10s",
  convergenceTimeout: "30s",
  initTimeout: "5m0s",
  syncTimeout: "0s",
  dbWaitReadyTimeout: "1m0s",
  failInterval: "20s",
  deadKeeperRemovalInterval: "48h0m0s",
  proxyCheckInterval: "5s",
  proxyTimeout: "15s",
  maxStandbys: 20,
  maxStandbysPerSender: 3,
  // 1024 x 1204, not a megabyte: a slip that became part of the format's meaning.
  maxStandbyLag: 1024 * 1204,
  synchronousReplication: false,
  minSynchronousStandbys: 1,
  maxSynchronousStandbys: 1,
  additionalWalSenders: 5,
  usePgrewind: false,
  mergePgParameters: true,
  role: "master",
  defaultSUReplAccessMode: "all",
  automaticPgRestart: false,
} as const satisfies ClusterSpec;

/** The spec as a user may see it, with every default that holds written out. */
export function withDefaults(spec: ClusterSpec): ClusterSpec {
  const given = Object.entries(spec).filter(([, value]) => value !== null && value !== undefined);
  return { ...SPEC_DEFAULTS, ...Object.fromEntries(given) };
}

/**
 * The spec that holds. Call it on a valid one: of what is wrong only the durations and a missing `initMode` are
 * noticed here.
 * @throws {SpecError} when a duration can't be read or `initMode` is missing
 */
export function resolveSpec(spec: ClusterSpec): ResolvedSpec {
  const known = alreadyResolved.get(spec);
  if (known !== undefined) return known;
  const resolved = resolve(spec);
  alreadyResolved.set(spec, resolved);
  return resolved;
}

/** Specs are read at every look and change once in a while: the work is done once for each object. */
const alreadyResolved = new WeakMap<ClusterSpec, ResolvedSpec>();

function resolve(spec: ClusterSpec): ResolvedSpec {
  const durationMs = (option: keyof typeof SPEC_DEFAULTS & keyof ClusterSpec): number =>
    readDurationMs(option, spec[option] ?? SPEC_DEFAULTS[option]);
  return {
    initMode: requiredInitMode(spec),
    sleepIntervalMs: durationMs("sleepInterval"),
    requestTimeoutMs: durationMs("requestTimeout"),
    convergenceTimeoutMs: durationMs("convergenceTimeout"),
    initTimeoutMs: durationMs("initTimeout"),
    syncTimeoutMs: durationMs("syncTimeout"),
    dbWaitReadyTimeoutMs: durationMs("dbWaitReadyTimeout"),
    failIntervalMs: durationMs("failInterval"),
    deadKeeperRemovalIntervalMs: durationMs("deadKeeperRemovalInterval"),
    proxyCheckIntervalMs: durationMs("proxyCheckInterval"),
    proxyTimeoutMs: durationMs("proxyTimeout"),
    maxStandbyLagBytes: BigInt(spec.maxStandbyLag ?? SPEC_DEFAULTS.maxStandbyLag),
    ...resolveNumbersAndFlags(spec),
    ...resolveObjects(spec),
  };
}

function requiredInitMode(spec: ClusterSpec): ClusterInitMode {
  if (spec.initMode) return spec.initMode;
  throw new SpecError([{ option: "initMode", message: "initMode: is required" }]);
}

function resolveNumbersAndFlags(spec: ClusterSpec) {
  const defaults = SPEC_DEFAULTS;
  return {
    maxStandbys: spec.maxStandbys ?? defaults.maxStandbys,
    maxStandbysPerSender: spec.maxStandbysPerSender ?? defaults.maxStandbysPerSender,
    synchronousReplication: spec.synchronousReplication ?? defaults.synchronousReplication,
    minSynchronousStandbys: spec.minSynchronousStandbys ?? defaults.minSynchronousStandbys,
    maxSynchronousStandbys: spec.maxSynchronousStandbys ?? defaults.maxSynchronousStandbys,
    additionalWalSenders: spec.additionalWalSenders ?? defaults.additionalWalSenders,
    usePgrewind: spec.usePgrewind ?? defaults.usePgrewind,
    mergePgParameters: spec.mergePgParameters ?? defaults.mergePgParameters,
    role: spec.role ?? defaults.role,
    defaultSUReplAccessMode: spec.defaultSUReplAccessMode ?? defaults.defaultSUReplAccessMode,
    automaticPgRestart: spec.automaticPgRestart ?? defaults.automaticPgRestart,
  };
}

function resolveObjects(spec: ClusterSpec) {
  return {
    additionalMasterReplicationSlots: spec.additionalMasterReplicationSlots ?? null,
    newConfig: spec.newConfig ?? null,
    pitrConfig: spec.pitrConfig ?? null,
    existingConfig: spec.existingConfig ?? null,
    standbyConfig: spec.standbyConfig ?? null,
    pgParameters: spec.pgParameters ?? {},
    pgHBA: spec.pgHBA ?? null,
  };
}

function readDurationMs(option: string, value: unknown): number {
  try {
    return parseDurationMs(String(value));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SpecError([{ option, message: `${option}: ${why}` }], { cause });
  }
}
