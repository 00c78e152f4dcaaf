// This module is pure.
/**
 * Whether a cluster specification is valid: the rules that every role applies, and the rules of an update. They are no
 * stricter than the documented ones: a spec that a role refuses makes every proxy drop its clients.
 */
import { parseDurationNs } from "./duration.ts";
import { SpecError, type SpecProblem } from "./errors.ts";
import type { ClusterSpec } from "./spec.ts";
import { SPEC_DEFAULTS, withDefaults } from "./spec_defaults.ts";
import { SPEC_OPTIONS } from "./spec_codec.ts";

const MAX_UINT16 = 0xffff;
const MAX_UINT32 = 0xffff_ffff;
const SLOT_NAME = /^[a-z0-9_]+$/;

const ENUMERATIONS: readonly [option: keyof ClusterSpec, known: readonly string[]][] = [
  ["initMode", ["new", "existing", "pitr"]],
  ["role", ["master", "standby"]],
  ["defaultSUReplAccessMode", ["all", "strict"]],
];

const RANGES: readonly [option: keyof ClusterSpec, min: number, max: number][] = [
  ["maxStandbys", 1, MAX_UINT16],
  ["maxStandbysPerSender", 1, MAX_UINT16],
  ["maxStandbyLag", 0, MAX_UINT32],
  ["minSynchronousStandbys", 0, MAX_UINT16],
  ["maxSynchronousStandbys", 1, MAX_UINT16],
  ["additionalWalSenders", 0, MAX_UINT16],
];

/** Everything that is wrong with a spec; empty when it is valid. */
export function specProblems(spec: ClusterSpec): readonly SpecProblem[] {
  const known = alreadyChecked.get(spec);
  if (known !== undefined) return known;
  const problems = findProblems(spec);
  alreadyChecked.set(spec, problems);
  return problems;
}

/** Specs are checked at every look and change once in a while: the work is done once for each object. */
const alreadyChecked = new WeakMap<ClusterSpec, readonly SpecProblem[]>();

function findProblems(spec: ClusterSpec): readonly SpecProblem[] {
  const resolved = withDefaults(spec);
  return [
    ...enumerationProblems(resolved),
    ...durationProblems(resolved),
    ...proxyIntervalProblems(resolved),
    ...rangeProblems(resolved),
    ...synchronousProblems(resolved),
    ...slotProblems(spec.additionalMasterReplicationSlots ?? []),
    ...hbaProblems(spec.pgHBA ?? []),
    ...parameterProblems(spec.pgParameters ?? {}),
    ...initModeProblems(spec),
    ...standbyClusterProblems(spec),
  ];
}

/**
 * The check that every role makes before it acts on a spec.
 * @throws {SpecError} with everything that is wrong
 */
export function validateSpec(spec: ClusterSpec): void {
  const problems = specProblems(spec);
  if (problems.length > 0) throw new SpecError(problems);
}

/**
 * The check of an update: the new spec must be valid, and follow from the old one.
 * @throws {SpecError} with everything that is wrong
 */
export function validateSpecUpdate(old: ClusterSpec, updated: ClusterSpec): void {
  const problems = [...specProblems(updated), ...transitionProblems(old, updated)];
  if (problems.length > 0) throw new SpecError(problems);
}

function transitionProblems(old: ClusterSpec, updated: ClusterSpec): SpecProblem[] {
  const [oldRole, newRole] = [old.role ?? SPEC_DEFAULTS.role, updated.role ?? SPEC_DEFAULTS.role];
  const problems: SpecProblem[] = [];
  if (updated.initMode !== old.initMode) {
    problems.push(problem("initMode", `can't be changed from "${old.initMode}" to "${updated.initMode}"`));
  }
  if (oldRole === "master" && newRole === "standby") {
    problems.push(problem("role", `can't be changed from "master" to "standby"`));
  }
  return problems;
}

function enumerationProblems(spec: ClusterSpec): SpecProblem[] {
  return ENUMERATIONS.flatMap(([option, known]) => {
    const value = spec[option];
    if (value === undefined) return [problem(option, `is required: one of ${known.join(", ")}`)];
    return known.includes(String(value))
      ? []
      : [problem(option, `"${value}" is none of ${known.join(", ")}`)];
  });
}

function durationProblems(spec: ClusterSpec): SpecProblem[] {
  const options = Object.entries(SPEC_OPTIONS).filter(([, kind]) => kind === "duration").map(([name]) =>
    name
  );
  return options.flatMap((option) => {
    const value = String(spec[option as keyof ClusterSpec]);
    const ns = durationNs(value);
    if (ns === undefined) {
      return [problem(option, `"${value}" is not a duration such as 5s, 1m30s or 500ms`)];
    }
    return ns < 0n ? [problem(option, `"${value}" is negative`)] : [];
  });
}

function proxyIntervalProblems(spec: ClusterSpec): SpecProblem[] {
  const interval = durationNs(String(spec.proxyCheckInterval));
  const timeout = durationNs(String(spec.proxyTimeout));
  if (interval === undefined || timeout === undefined || interval < timeout) return [];
  return [
    problem(
      "proxyCheckInterval",
      `"${spec.proxyCheckInterval}" is not below proxyTimeout "${spec.proxyTimeout}"`,
    ),
  ];
}

function durationNs(text: string): bigint | undefined {
  try {
    return parseDurationNs(text);
  } catch {
    return undefined;
  }
}

function rangeProblems(spec: ClusterSpec): SpecProblem[] {
  return RANGES.flatMap(([option, min, max]) => {
    const value = Number(spec[option]);
    const fits = Number.isInteger(value) && value >= min && value <= max;
    return fits ? [] : [problem(option, `${value} is not an integer between ${min} and ${max}`)];
  });
}

function synchronousProblems(spec: ClusterSpec): SpecProblem[] {
  const [min, max] = [Number(spec.minSynchronousStandbys), Number(spec.maxSynchronousStandbys)];
  return max >= min
    ? []
    : [problem("maxSynchronousStandbys", `${max} is below minSynchronousStandbys ${min}`)];
}

function slotProblems(names: readonly string[]): SpecProblem[] {
  const option = "additionalMasterReplicationSlots";
  return names.flatMap((name) => {
    const shown = JSON.stringify(name);
    if (!SLOT_NAME.test(name)) return [problem(option, `${shown} has other characters than a-z, 0-9 and _`)];
    return name.startsWith("stolon_")
      ? [problem(option, `${shown} begins with stolon_, which is reserved`)]
      : [];
  });
}

function hbaProblems(lines: readonly string[]): SpecProblem[] {
  return lines.filter((line) => /[\r\n]/.test(line))
    .map((line) => problem("pgHBA", `${JSON.stringify(line)} contains a newline`));
}

function parameterProblems(parameters: Readonly<Record<string, unknown>>): SpecProblem[] {
  return Object.entries(parameters).filter(([, value]) => typeof value !== "string")
    .map(([name, value]) => problem(`pgParameters.${name}`, `${String(value)} is not a string`));
}

function initModeProblems(spec: ClusterSpec): SpecProblem[] {
  if (spec.initMode === "existing" && !spec.existingConfig?.keeperUID) {
    return [problem("existingConfig.keeperUID", `is required with initMode "existing"`)];
  }
  if (spec.initMode !== "pitr") return [];
  const { dataRestoreCommand, recoveryTargetSettings } = spec.pitrConfig ?? {};
  const problems: SpecProblem[] = [];
  if (!dataRestoreCommand) {
    problems.push(problem("pitrConfig.dataRestoreCommand", `is required with initMode "pitr"`));
  }
  if (spec.role === "standby" && Object.values(recoveryTargetSettings ?? {}).some(Boolean)) {
    problems.push(
      problem("pitrConfig.recoveryTargetSettings", `can't be given in a cluster of role "standby"`),
    );
  }
  return problems;
}

function standbyClusterProblems(spec: ClusterSpec): SpecProblem[] {
  if (spec.role !== "standby") return [];
  const problems: SpecProblem[] = [];
  if (spec.initMode === "new") problems.push(problem("role", `"standby" can't go with initMode "new"`));
  if (!spec.standbyConfig) problems.push(problem("standbyConfig", `is required with role "standby"`));
  return problems;
}

function problem(option: string, what: string): SpecProblem {
  return { option, message: `${option}: ${what}` };
}
