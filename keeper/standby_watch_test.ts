import { assertEquals } from "@std/assert";
import type { Assignment } from "./assignment.ts";
import { nextStandbyLookMs, NOBODY, watchStandbys } from "./standby_watch.ts";

const primary = (...synchronousStandbys: string[]) =>
  ({
    kind: "converge",
    goal: { db: { spec: { role: "master", synchronousStandbys } } },
  }) as unknown as Assignment;

Deno.test("a primary looks often while a required standby is not known to be in sync", () => {
  const watch = watchStandbys(NOBODY, { assignment: primary("a", "b"), inSync: ["a"], nowMs: 1_000 });
  assertEquals(watch, { missing: "b", sinceMs: 1_000 });
  assertEquals(nextStandbyLookMs(watch, 1_000), 200);
  const later = watchStandbys(watch, { assignment: primary("a", "b"), inSync: ["a"], nowMs: 9_000 });
  assertEquals(later.sinceMs, 1_000);
});

Deno.test("it looks in its usual rhythm when all are in sync, or one stays away for long", () => {
  const all = watchStandbys(NOBODY, { assignment: primary("a"), inSync: ["a"], nowMs: 1_000 });
  assertEquals(nextStandbyLookMs(all, 1_000), null);
  assertEquals(nextStandbyLookMs({ missing: "b", sinceMs: 0 }, 30_001), null);
});

Deno.test("a standby, and a primary that requires nobody, wait for nobody", () => {
  const standby = { kind: "converge", goal: { db: { spec: { role: "standby" } } } } as unknown as Assignment;
  for (const assignment of [standby, primary(), { kind: "stop", reason: "no db" } as Assignment]) {
    assertEquals(watchStandbys(NOBODY, { assignment, inSync: [], nowMs: 1 }).missing, "");
  }
});

Deno.test("another set of missing standbys is waited for anew", () => {
  const watch = watchStandbys({ missing: "b", sinceMs: 0 }, {
    assignment: primary("c"),
    inSync: [],
    nowMs: 40_000,
  });
  assertEquals(nextStandbyLookMs(watch, 40_000), 200);
});
