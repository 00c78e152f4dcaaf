import { assertEquals } from "@std/assert";
import { joinKey, prefixEnd } from "./keys.ts";

const JOINED: readonly (readonly [readonly string[], string])[] = [
  [["stolon/cluster", "a"], "stolon/cluster/a"],
  [["/stolon//cluster/", "a"], "/stolon/cluster/a"],
  [["stolon/./x/../cluster", "a"], "stolon/cluster/a"],
  [["", "a"], "a"],
  [["/", "a"], "/a"],
];

for (const [parts, key] of JOINED) {
  Deno.test(`${JSON.stringify(parts)} is ${key}`, () => assertEquals(joinKey(...parts), key));
}

Deno.test("the end of a prefix is the first text after all that begin with it", () => {
  assertEquals([...prefixEnd(new TextEncoder().encode("ab"))], [...new TextEncoder().encode("ac")]);
  assertEquals([...prefixEnd(new Uint8Array([1, 255]))], [2]);
  assertEquals([...prefixEnd(new Uint8Array([255, 255]))], [0]);
});

Deno.test("the prefix itself stays as it was", () => {
  const prefix = new Uint8Array([97, 98]);
  prefixEnd(prefix);
  assertEquals([...prefix], [97, 98]);
});
