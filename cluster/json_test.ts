import { assertEquals, assertThrows } from "@std/assert";
import { parseJson, writeJson } from "./json.ts";

Deno.test("parseJson: integers above 2^53 are exact, others are numbers", () => {
  assertEquals(
    parseJson(`[9007199254740991, 9007199254740993, -9007199254740993, 18446744073709551615, 1.5, 1e300]`),
    [
      9007199254740991,
      9007199254740993n,
      -9007199254740993n,
      18446744073709551615n,
      1.5,
      1e300,
    ],
  );
});

Deno.test("writeJson: any 64-bit position comes back as it was", () => {
  for (let bit = 0n; bit < 64n; bit++) {
    for (const position of [(1n << bit) - 1n, 1n << bit, (1n << bit) + 1n]) {
      const text = writeJson({ position });
      assertEquals(text, `{"position":${position}}`);
      const read = parseJson(text) as { position: number | bigint };
      assertEquals(BigInt(read.position), position);
    }
  }
});

Deno.test("writeJson: maps are sorted, integer-like keys too; records keep their order; undefined is left out", () => {
  const map = new Map([["b", 1], ["12345678", 2], ["a", 3]]);
  assertEquals(writeJson({ z: map, a: undefined, y: null }), `{"z":{"12345678":2,"a":3,"b":1},"y":null}`);
});

Deno.test("writeJson: indented", () => {
  const value = { a: [1, { b: "x\n" }], c: [], d: new Map() };
  assertEquals(
    writeJson(value, "\t"),
    `{\n\t"a": [\n\t\t1,\n\t\t{\n\t\t\t"b": "x\\n"\n\t\t}\n\t],\n\t"c": [],\n\t"d": {}\n}`,
  );
});

Deno.test("writeJson: what JSON can't hold is refused", () => {
  assertThrows(() => writeJson({ a: NaN }), RangeError);
});

Deno.test("parseJson: keys of Object.prototype are ordinary keys", () => {
  const value = parseJson(`{"__proto__": {"x": 1}, "constructor": 2}`) as Record<string, unknown>;
  assertEquals(Object.keys(value), ["__proto__", "constructor"]);
});
