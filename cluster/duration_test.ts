import { assertEquals, assertThrows } from "@std/assert";
import {
  DurationError,
  formatDurationMs,
  formatDurationNs,
  parseDurationMs,
  parseDurationNs,
} from "./duration.ts";

const READ: readonly [text: string, ms: number][] = [
  ["0", 0],
  ["-0", 0],
  ["+5s", 5_000],
  ["0s", 0],
  ["5s", 5_000],
  ["1m30s", 90_000],
  ["500ms", 500],
  ["48h0m0s", 48 * 3_600_000],
  ["1.5s", 1_500],
  [".5s", 500],
  ["1.s", 1_000],
  ["-1.5h", -5_400_000],
  ["1h15m30.918273645s", 4_530_918.273645],
  ["250us", 0.25],
  ["250\u00b5s", 0.25],
  ["250\u03bcs", 0.25],
  ["10ns", 0.00001],
  ["1s1s", 2_000],
];

for (const [text, ms] of READ) {
  Deno.test(`parseDurationMs: ${text}`, () => assertEquals(parseDurationMs(text), ms));
}

for (
  const text of ["", "5", "s", ".s", "5 s", "5S", "5d", "1m30", "5s ", "--5s", "1,5s", "0x5s", "3000000h"]
) {
  Deno.test(`parseDurationMs refuses ${JSON.stringify(text)}`, () => {
    assertThrows(() => parseDurationMs(text), DurationError, text);
  });
}

const WRITTEN: readonly [ns: bigint, text: string][] = [
  [0n, "0s"],
  [1n, "1ns"],
  [1_100n, "1.1\u00b5s"],
  [2_200_000n, "2.2ms"],
  [500_000_000n, "500ms"],
  [3_300_000_000n, "3.3s"],
  [90_000_000_000n, "1m30s"],
  [300_000_000_000n, "5m0s"],
  [245_001_000_000n, "4m5.001s"],
  [172_800_000_000_000n, "48h0m0s"],
  [-5_000_000_000n, "-5s"],
  [0x7fff_ffff_ffff_ffffn, "2562047h47m16.854775807s"],
];

for (const [ns, text] of WRITTEN) {
  Deno.test(`formatDurationNs: ${text}`, () => {
    assertEquals(formatDurationNs(ns), text);
    assertEquals(parseDurationNs(text), ns);
  });
}

Deno.test("formatDurationMs", () => {
  assertEquals(formatDurationMs(15_000), "15s");
  assertEquals(formatDurationMs(0.25), "250\u00b5s");
});
