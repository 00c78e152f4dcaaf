import { assertEquals, assertLessOrEqual, assertMatch, assertThrows } from "@std/assert";
import { MalformedDocumentError } from "./errors.ts";
import { decodeHistory, encodeHistory, HISTORY_LIMITS, type HistoryEntry } from "./history.ts";

const ENTRY: HistoryEntry = {
  time: "2026-01-02T03:04:05.678Z",
  sentinel: "a1b2c3d4",
  rule: "election",
  level: "warn",
  reason: "db b on keeper 2 is elected master instead of db a on keeper 1",
  facts: { candidates: { b: { position: "0/3000060", fresh: true, objections: [] } } },
};

function numbered(count: number, reason: (index: number) => string = String): HistoryEntry[] {
  return Array.from({ length: count }, (_, index) => ({ ...ENTRY, reason: reason(index) }));
}

Deno.test("a history comes back as it was written", () => {
  assertEquals(decodeHistory(encodeHistory([ENTRY, { ...ENTRY, rule: "proxies", facts: {} }])), [
    ENTRY,
    { ...ENTRY, rule: "proxies", facts: {} },
  ]);
  assertEquals(decodeHistory(encodeHistory([])), []);
});

Deno.test("the last 200 decisions are kept", () => {
  const kept = decodeHistory(encodeHistory(numbered(250)));
  assertEquals(kept.map((entry) => entry.reason), numbered(250).slice(50).map((entry) => entry.reason));
});

Deno.test("a history never exceeds 64 KB, counted in bytes, and keeps the newest", () => {
  const text = encodeHistory(numbered(200, (index) => `${index} ${"\u00e4\u20ac".repeat(200)}`));
  assertLessOrEqual(new TextEncoder().encode(text).length, HISTORY_LIMITS.bytes);
  assertMatch(decodeHistory(text).at(-1)?.reason ?? "", /^199 /);
});

Deno.test("what is no history is refused", () => {
  assertThrows(() => decodeHistory("nonsense"), MalformedDocumentError);
  assertThrows(() => decodeHistory(`{"a": 1}`), MalformedDocumentError);
  assertThrows(() => decodeHistory(`[{"time": 5}]`), MalformedDocumentError);
});
