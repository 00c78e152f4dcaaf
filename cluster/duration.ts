// This module is pure.
/** Durations as the documents hold them: strings in Go's notation, such as `5s`, `1m30s`, `500ms`, `48h0m0s`. */

/** Nanoseconds of each unit. Both signs for "micro" that Unicode has are read. */
const UNIT_NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  "\u00b5s": 1_000n,
  "\u03bcs": 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const WHOLE = /^([+-]?)((?:\d+(?:\.\d*)?|\.\d+)[a-z\u00b5\u03bc]+)+$/;
const PART = /(\d*)(?:\.(\d*))?([a-z\u00b5\u03bc]+)/g;
const MAX_NS = 0x7fff_ffff_ffff_ffffn;

/** A string that isn't a duration. */
export class DurationError extends Error {
  /** Tells it from other errors. */
  override readonly name = "DurationError";
  /** `text` as it was given. */
  constructor(readonly text: string, why: string) {
    super(`"${text}" is not a duration: ${why}`);
  }
}

/**
 * Milliseconds of a duration; the fraction holds what is below one.
 * @throws {DurationError} when the text isn't a duration, has no unit, or exceeds 292 years
 */
export function parseDurationMs(text: string): number {
  return Number(parseDurationNs(text)) / 1_000_000;
}

/**
 * Nanoseconds of a duration.
 * @throws {DurationError} when the text isn't a duration, has no unit, or exceeds 292 years
 */
export function parseDurationNs(text: string): bigint {
  const sign = text.startsWith("-") ? -1n : 1n;
  if (/^[+-]?0$/.test(text)) return 0n;
  if (!WHOLE.test(text)) {
    throw new DurationError(text, `expected a number and a unit, such as 5s, 1m30s or 500ms`);
  }
  let total = 0n;
  for (const [, whole = "", fraction = "", unit = ""] of text.matchAll(PART)) {
    const unitNs = UNIT_NS[unit];
    if (unitNs === undefined) {
      throw new DurationError(text, `"${unit}" is none of the units ns, us, ms, s, m, h`);
    }
    total += BigInt(whole) * unitNs + fractionNs(fraction, unitNs);
  }
  if (total > MAX_NS) throw new DurationError(text, "it exceeds 292 years");
  return sign * total;
}

function fractionNs(digits: string, unitNs: bigint): bigint {
  return digits === "" ? 0n : BigInt(digits) * unitNs / 10n ** BigInt(digits.length);
}

/** Writes a duration as Go does: `0s`, `1.5s`, `48h0m0s`; the largest unit is the hour. */
export function formatDurationMs(ms: number): string {
  return formatDurationNs(BigInt(Math.round(ms * 1_000_000)));
}

/** Writes a duration as Go does. */
export function formatDurationNs(ns: bigint): string {
  if (ns < 0n) return `-${formatDurationNs(-ns)}`;
  if (ns === 0n) return "0s";
  if (ns < 1_000n) return `${ns}ns`;
  if (ns < 1_000_000n) return `${decimal(ns, 1_000n)}\u00b5s`;
  if (ns < 1_000_000_000n) return `${decimal(ns, 1_000_000n)}ms`;
  const minutes = ns / 60_000_000_000n;
  const seconds = `${decimal(ns % 60_000_000_000n, 1_000_000_000n)}s`;
  if (minutes === 0n) return seconds;
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function decimal(ns: bigint, unitNs: bigint): string {
  const digits = unitNs.toString().length - 1;
  const fraction = (ns % unitNs).toString().padStart(digits, "0").replace(/0+$/, "");
  return fraction === "" ? `${ns / unitNs}` : `${ns / unitNs}.${fraction}`;
}
