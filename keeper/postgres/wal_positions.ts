// This module is pure.
/** Arithmetic on WAL: where segments begin and records end. Source: PostgreSQL documentation, "WAL Internals" (30.6). */

/** Position of the first byte of the segment file with this name. */
export function segmentStart(name: string, segmentBytes: bigint): bigint {
  const segmentsPerLogId = 0x1_0000_0000n / segmentBytes;
  const logId = BigInt(`0x${name.slice(8, 16)}`);
  const segment = BigInt(`0x${name.slice(16, 24)}`);
  return (logId * segmentsPerLogId + segment) * segmentBytes;
}

const PAGE_BYTES = 8192n;
const PAGE_HEADER_BYTES = 24n;
const SEGMENT_HEADER_BYTES = 40n;
const ALIGNMENT = 8n;

/** A record as `pg_waldump` shows it. */
export interface WalRecord {
  readonly start: bigint;
  readonly lengthBytes: bigint;
  /** A switch to the next segment: it takes all the rest of its own. */
  readonly isSwitch: boolean;
}

/** Position after a record: its length, and the headers of the pages that it runs over. */
export function recordEnd(record: WalRecord, segmentBytes: bigint): bigint {
  if (record.isSwitch) return (record.start / segmentBytes + 1n) * segmentBytes;
  let position = record.start;
  let rest = (record.lengthBytes + ALIGNMENT - 1n) / ALIGNMENT * ALIGNMENT;
  for (;;) {
    if (position % PAGE_BYTES === 0n) {
      position += position % segmentBytes === 0n ? SEGMENT_HEADER_BYTES : PAGE_HEADER_BYTES;
    }
    const room = PAGE_BYTES - position % PAGE_BYTES;
    if (rest <= room) return position + rest;
    position += room;
    rest -= room;
  }
}
