import { assertEquals, assertFalse, assertThrows } from "@std/assert";
import { formatLsn, isWalSegmentName, parseLsn, walSegmentName, walSegmentPlace } from "./lsn.ts";

const PAIRS: readonly [text: string, position: bigint][] = [
  ["0/0", 0n],
  ["0/3000060", 0x3000060n],
  ["1/0", 0x1_0000_0000n],
  ["16/B374D848", 0x16_B374_D848n],
  ["200000/1", (0x20_0000n << 32n) + 1n],
  ["FFFFFFFF/FFFFFFFF", 0xFFFF_FFFF_FFFF_FFFFn],
];

for (const [text, position] of PAIRS) {
  Deno.test(`lsn: ${text}`, () => {
    assertEquals(parseLsn(text), position);
    assertEquals(formatLsn(position), text);
  });
}

Deno.test("parseLsn: lower case and leading zeros", () => {
  assertEquals(parseLsn("00/0300006f"), 0x300006Fn);
});

for (const text of ["", "0", "0/", "/0", "0/3000060 ", "g/0", "0/123456789", "-1/0", "0/0/0"]) {
  Deno.test(`parseLsn refuses ${JSON.stringify(text)}`, () => {
    assertThrows(() => parseLsn(text), SyntaxError, "is not a WAL position");
  });
}

Deno.test("walSegmentName: as pg_walfile_name names them", () => {
  assertEquals(walSegmentName({ timelineID: 1, position: 0x3000060n }), "000000010000000000000003");
  assertEquals(walSegmentName({ timelineID: 26, position: 0x16_B374_D848n }), "0000001A00000016000000B3");
  assertEquals(
    walSegmentName({ timelineID: 1, position: 0x1_0000_0000n, segmentBytes: 1024n * 1024n }),
    "000000010000000100000000",
  );
  assertEquals(
    walSegmentName({ timelineID: 1, position: 0xFFFF_FFFFn, segmentBytes: 1024n * 1024n }),
    "000000010000000000000FFF",
  );
});

Deno.test("walSegmentPlace: sorts like positions, whatever the timeline", () => {
  const places = [0x3000060n, 0xFF00_0000n, 0x1_0000_0000n, 0x2_0100_0000n]
    .map((position, index) => walSegmentPlace(walSegmentName({ timelineID: 9 - index, position })));
  assertEquals(places.toSorted(), places);
  assertThrows(() => walSegmentPlace("00000002.history"), SyntaxError);
  assertFalse(isWalSegmentName("000000010000000000000003.partial"));
});
