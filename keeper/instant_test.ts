import { assertEquals } from "@std/assert";
import { ageMs, instantOf, NEVER } from "./instant.ts";

const clock = (monotonicMs: number, wallMs: number) => ({
  monotonicMs: () => monotonicMs,
  wallMs: () => wallMs,
});

const cases: Record<string, readonly [monotonicMs: number, wallMs: number, ageMs: number]> = {
  "both clocks went on": [1700, 90_700, 700],
  "the machine was suspended": [1001, 150_000, 60_000],
  "the wall clock was set back": [1700, 10_000, 700],
};

for (const [name, [monotonicMs, wallMs, expected]] of Object.entries(cases)) {
  Deno.test(`age: ${name}`, () => {
    const instant = instantOf(clock(1000, 90_000));
    assertEquals(ageMs(instant, clock(monotonicMs, wallMs)), expected);
  });
}

Deno.test("age: never is longer ago than anything", () => assertEquals(ageMs(NEVER, clock(0, 0)), Infinity));
