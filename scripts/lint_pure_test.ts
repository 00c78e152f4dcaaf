import { assertEquals } from "@std/assert";
import plugin from "./lint_pure.ts";

const HEADER = "// This module is pure.\n";

const BANNED: readonly [code: string, rule: string][] = [
  ["Date.now();", "pure/no-clock-or-randomness"],
  ["new Date();", "pure/no-clock-or-randomness"],
  ["Date();", "pure/no-clock-or-randomness"],
  ["Math.random();", "pure/no-clock-or-randomness"],
  ["performance.now();", "pure/no-clock-or-randomness"],
  ["setTimeout(() => {}, 5);", "pure/no-clock-or-randomness"],
  ["Deno.exit();", "pure/no-clock-or-randomness"],
  ["await 1;", "pure/no-waiting"],
  ["async function f() {}", "pure/no-waiting"],
  ["const f = async () => {};", "pure/no-waiting"],
  [`import "node:timers";`, "pure/only-pure-imports"],
  [`import { x } from "pg";`, "pure/only-pure-imports"],
  [`export * from "npm:pg";`, "pure/only-pure-imports"],
  [`export { x } from "@std/assert";`, "pure/only-pure-imports"],
  [`import("./a.ts");`, "pure/only-pure-imports"],
];

for (const [code, rule] of BANNED) {
  Deno.test(`pure modules: ${code} is refused`, () => {
    const found = Deno.lint.runPlugin(plugin, "pure.ts", HEADER + code).map((diagnostic) => diagnostic.id);
    assertEquals(found, [rule]);
    assertEquals(Deno.lint.runPlugin(plugin, "other.ts", code), []);
  });
}

Deno.test("pure modules: arithmetic on given times and relative imports are fine", () => {
  const code =
    `import { a } from "../cluster/a.ts";\nexport const b = new Date(a).getTime() + Date.parse("x") + Math.max(1);`;
  assertEquals(Deno.lint.runPlugin(plugin, "pure.ts", HEADER + code), []);
});
