import { assertEquals } from "@std/assert";
import { recordEnd, segmentStart } from "./wal_positions.ts";

const MIB = 1024n * 1024n;

Deno.test("where a segment begins, for several sizes", () => {
  assertEquals(segmentStart("000000010000000000000003", 16n * MIB), 0x3000000n);
  assertEquals(segmentStart("0000000A000000020000001F", 16n * MIB), 0x2_1F000000n);
  assertEquals(segmentStart("000000010000000000000003", MIB), 0x300000n);
  assertEquals(segmentStart("000000010000000100000002", 1024n * MIB), 0x1_80000000n);
});

const ends: Record<string, [bigint, bigint, bigint]> = {
  "within a page, aligned": [0x3000028n, 114n, 0x3000028n + 120n],
  "up to the page's end exactly": [0x3001fe0n, 32n, 0x3002000n],
  "over a page": [0x3001ff0n, 32n, 0x3002000n + 24n + 16n],
  "over two pages": [0x3001ff8n, 8n + 8168n + 8n, 0x3004000n + 24n + 8n],
  "over a segment's end": [0x3fffff8n, 16n, 0x4000000n + 40n + 8n],
};

for (const [name, [start, lengthBytes, end]] of Object.entries(ends)) {
  Deno.test(`recordEnd: ${name}`, () => {
    assertEquals(recordEnd({ start, lengthBytes, isSwitch: false }, 16n * MIB), end);
  });
}

Deno.test("recordEnd: a switch takes the rest of its segment", () => {
  assertEquals(recordEnd({ start: 0x3000028n, lengthBytes: 24n, isSwitch: true }, 16n * MIB), 0x4000000n);
});
