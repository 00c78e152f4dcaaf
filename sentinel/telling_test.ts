import { assertEquals } from "@std/assert";
import { decided, noticed, waiting } from "./events.ts";
import { isWorthKeeping, news, REMIND_MS, type Told } from "./telling.ts";

const WAIT = waiting({ rule: "proxies", reason: "p2" });
const DECISION = decided({ rule: "proxies", reason: "p1" });

function tell(told: Told, nowMs: number, events = [WAIT]) {
  return news(events, { told, nowMs });
}

Deno.test("a wait is told when it is new, again after a minute, and again when it returns", () => {
  const first = tell({}, 0);
  assertEquals(first.events, [WAIT]);
  const second = tell(first.told, REMIND_MS - 1);
  assertEquals(second.events, []);
  const third = tell(second.told, REMIND_MS);
  assertEquals(third.events, [WAIT]);
  const over = tell(third.told, REMIND_MS + 1, []);
  assertEquals(tell(over.told, REMIND_MS + 2).events, [WAIT]);
});

Deno.test("a wait whose moving facts changed is no news", () => {
  const later = { ...WAIT, facts: { inErrorFor: "3s" } };
  assertEquals(tell(tell({}, 0).told, 1, [later]).events, []);
});

Deno.test("decisions are told each time", () => {
  assertEquals(tell(tell({}, 0, [DECISION]).told, 1, [DECISION]).events, [DECISION]);
});

Deno.test("the history keeps decisions and what went wrong, not chatter", () => {
  const kept = [
    DECISION,
    noticed({ rule: "health", level: "warn", reason: "keeper k1 has failed" }),
    waiting({ rule: "election", level: "error", reason: "nobody" }),
  ];
  const left = [
    WAIT,
    decided({ rule: "followers", level: "debug", reason: "list" }),
    noticed({ rule: "health", reason: "keeper k1 is healthy again" }),
  ];
  assertEquals([...kept, ...left].filter(isWorthKeeping), kept);
});
