import { assertEquals } from "@std/assert";
import { dbUidOfStandbyName, formatSynchronousStandbyNames, standbyName } from "./synchronous_names.ts";

const cases: Record<string, [string[], string]> = {
  "none": [[], ""],
  "one, as it is": [["stolon_ab12"], "stolon_ab12"],
  "several, all of which must confirm": [["stolon_b", "stolon_a"], "2 (stolon_a,stolon_b)"],
  "a name twice counts once": [["a", "a"], "a"],
  "not an identifier": [["my standby", "a-b"], '2 ("a-b","my standby")'],
  "a quote in a name": [['a"b'], '"a""b"'],
  "words of the grammar": [["any", "First"], '2 ("First","any")'],
  "a star is a name, not everyone": [["*"], '"*"'],
  "a digit first": [["1a"], '"1a"'],
};

for (const [name, [names, text]] of Object.entries(cases)) {
  Deno.test(`synchronous_standby_names: ${name}`, () =>
    assertEquals(formatSynchronousStandbyNames(names), text));
}

Deno.test("names of standbys and back", () => {
  assertEquals(dbUidOfStandbyName(standbyName("ab12")), "ab12");
  assertEquals(dbUidOfStandbyName("other"), undefined);
});
