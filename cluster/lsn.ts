// This module is pure.
/** Positions in PostgreSQL's write-ahead log, as 64-bit integers, and the names of the files that hold them. */

const LSN = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/;
const SEGMENT_NAME = /^[0-9A-F]{24}$/;
const BYTES_PER_LOG_ID = 0x1_0000_0000n;

/** The size of a segment unless `initdb` was told otherwise. */
export const DEFAULT_SEGMENT_BYTES = 16n * 1024n * 1024n;

/**
 * Reads PostgreSQL's notation, such as `0/3000060`.
 * @throws {SyntaxError} when it isn't one
 */
export function parseLsn(text: string): bigint {
  const [, high, low] = LSN.exec(text) ?? [];
  if (high === undefined || low === undefined) {
    throw new SyntaxError(
      `"${text}" is not a WAL position: expected two hexadecimal numbers such as 0/3000060`,
    );
  }
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

/** Writes PostgreSQL's notation, such as `0/3000060`. */
export function formatLsn(position: bigint): string {
  const high = (position >> 32n).toString(16);
  const low = (position & 0xffff_ffffn).toString(16);
  return `${high}/${low}`.toUpperCase();
}

/** A position on a timeline, in segments of a size. */
export interface SegmentPosition {
  /** Number of the timeline. */
  readonly timelineID: number;
  /** In bytes. */
  readonly position: bigint;
  /** 16 MiB unless given. */
  readonly segmentBytes?: bigint;
}

/** Name of the segment file that holds the byte at `position`: 24 hexadecimal digits, timeline first. */
export function walSegmentName(options: SegmentPosition): string {
  const segmentBytes = options.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
  const segmentsPerLogId = BYTES_PER_LOG_ID / segmentBytes;
  const segment = options.position / segmentBytes;
  return [BigInt(options.timelineID), segment / segmentsPerLogId, segment % segmentsPerLogId]
    .map((part) => part.toString(16).toUpperCase().padStart(8, "0"))
    .join("");
}

/** Whether this is the name of a WAL segment file (and not of a history, backup or partial file). */
export function isWalSegmentName(name: string): boolean {
  return SEGMENT_NAME.test(name);
}

/**
 * The part of a segment's name that says where it is, whatever its timeline: 16 digits that sort like positions.
 * @throws {SyntaxError} when it isn't the name of a segment
 */
export function walSegmentPlace(name: string): string {
  if (!isWalSegmentName(name)) throw new SyntaxError(`"${name}" is not the name of a WAL segment`);
  return name.slice(8);
}
