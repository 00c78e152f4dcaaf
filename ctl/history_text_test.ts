import { assertEquals } from "@std/assert";
import { historyText } from "./history_text.ts";

Deno.test("decisions are shown in columns, without their facts", () => {
  const entry = {
    time: "2026-01-02T03:04:05.678Z",
    sentinel: "s1",
    level: "warn",
    rule: "election",
    reason: "keeper k2 becomes master: k1 is not healthy for 20s",
    facts: { lag: 5 },
  } as const;
  assertEquals(historyText([]), "No decisions yet");
  assertEquals(
    historyText([entry]),
    "TIME                      SENTINEL  LEVEL  RULE      DECISION\n" +
      "2026-01-02T03:04:05.678Z  s1        warn   election  keeper k2 becomes master: k1 is not healthy for 20s",
  );
});
