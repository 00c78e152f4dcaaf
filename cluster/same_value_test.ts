import { assertEquals } from "@std/assert";
import { sameValue } from "./same_value.ts";

const CASES: readonly [name: string, a: unknown, b: unknown, expected: boolean][] = [
  ["equal bigints above 2^53", 9007199254740993n, 9007199254740993n, true],
  ["bigints that would be equal as numbers", 9007199254740993n, 9007199254740992n, false],
  ["a bigint and a number", 1n, 1, false],
  ["records in another key order", { a: 1, b: [2n] }, { b: [2n], a: 1 }, true],
  ["undefined is absent", { a: 1, b: undefined }, { a: 1 }, true],
  ["undefined against another key", { a: undefined, b: 1 }, { b: undefined, c: 1 }, false],
  ["null is a value", { a: null }, {}, false],
  ["null and an empty list", null, [], false],
  ["an empty list and an empty record", [], {}, false],
  ["lists of another length", [1, 2], [1, 2, 3], false],
  ["lists in another order", ["a", "b"], ["b", "a"], false],
  ["deep difference", { a: { b: { c: "x" } } }, { a: { b: { c: "y" } } }, false],
  ["a key that only the prototype has", { toString: 1 }, { a: 1 }, false],
];

for (const [name, a, b, expected] of CASES) {
  Deno.test(`sameValue: ${name}`, () => {
    assertEquals(sameValue(a, b), expected);
    assertEquals(sameValue(b, a), expected);
  });
}
