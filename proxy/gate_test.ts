import { assert, assertEquals, assertFalse } from "@std/assert";
import type { Clock } from "../common/clock.ts";
import { Gate } from "./gate.ts";
import type { Instant, Target } from "./route.ts";

const target: Target = { dbUid: "db1", host: "10.0.0.1", port: 5432, ip: "10.0.0.1" };
const other: Target = { ...target, dbUid: "db2" };

class SetClock implements Clock {
  monotonic = 0;
  wall = 1_000_000;
  monotonicMs = () => this.monotonic;
  wallMs = () => this.wall;
  in(ms: number): Instant {
    return { monotonicMs: this.monotonic + ms, wallMs: this.wall + ms };
  }
}

function setUp() {
  const clock = new SetClock();
  const happened: string[] = [];
  const gate = new Gate({
    clock,
    drop: () => happened.push("drop"),
    onExpired: () => happened.push("expired"),
  });
  return { clock, gate, happened };
}

Deno.test("closed before the first good look", () => {
  const { gate } = setUp();
  assertEquals(gate.admit(), "no_good_look");
  assertFalse(gate.mayForward(target));
  assertEquals(gate.remainingMs(), undefined);
});

Deno.test("open for its target alone, until the deadline by either clock", async (t) => {
  const cases: readonly [string, (clock: SetClock) => void][] = [
    ["monotonic", (clock) => clock.monotonic += 5000],
    ["wall: the machine was suspended", (clock) => clock.wall += 5000],
    ["wall set back", (clock) => {
      clock.wall -= 3_600_000;
      clock.monotonic += 5000;
    }],
  ];
  for (const [name, pass] of cases) {
    await t.step(name, () => {
      const { clock, gate, happened } = setUp();
      using _ended = gate;
      gate.grant({ target, refusal: undefined, deadline: clock.in(5000) });
      assertEquals(gate.admit(), target);
      assert(gate.mayForward(target));
      assertFalse(gate.mayForward(other));
      happened.length = 0;
      pass(clock);
      assertFalse(gate.mayForward(target), "asked where bytes are moved, before any timer has run");
      assertEquals(happened, ["drop", "expired"]);
      assertEquals(gate.admit(), "deadline_passed");
    });
  }
});

Deno.test("what was open until a deadline does not survive it, even if the next look allows the same", () => {
  const { clock, gate, happened } = setUp();
  using _ended = gate;
  gate.grant({ target, refusal: undefined, deadline: clock.in(5000) });
  happened.length = 0;
  clock.monotonic += 6000;
  gate.grant({ target, refusal: undefined, deadline: clock.in(5000) });
  assertEquals(happened.slice(0, 2), ["drop", "expired"]);
  assert(gate.mayForward(target));
});

Deno.test("a look that took longer than its own right allows nothing", () => {
  const { clock, gate } = setUp();
  using _ended = gate;
  const deadline = clock.in(5000);
  clock.monotonic += 5000;
  gate.grant({ target, refusal: undefined, deadline });
  assertFalse(gate.mayForward(target));
});

Deno.test("restrict drops at once what a look takes away, and nothing else", () => {
  const { clock, gate, happened } = setUp();
  using _ended = gate;
  gate.grant({ target, refusal: undefined, deadline: clock.in(5000) });
  happened.length = 0;
  gate.restrict(target, "no_master");
  assertEquals(happened, []);
  assert(gate.mayForward(target));
  gate.restrict(undefined, "no_master");
  assertEquals(happened, ["drop"]);
  assertFalse(gate.mayForward(target));
  assertEquals(gate.admit(), "no_master");
});

Deno.test("the timer ends the right of a proxy through which nothing moves", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };
  using gate = new Gate({ clock, drop: () => {}, onExpired: resolve });
  const deadline = { monotonicMs: performance.now() + 20, wallMs: Date.now() + 20 };
  gate.grant({ target, refusal: undefined, deadline });
  await promise;
  assertEquals(gate.admit(), "deadline_passed");
});

Deno.test("a gate that was disposed of stays closed", () => {
  const { clock, gate } = setUp();
  gate.grant({ target, refusal: undefined, deadline: clock.in(5000) });
  gate[Symbol.dispose]();
  gate.grant({ target, refusal: undefined, deadline: clock.in(5000) });
  assertFalse(gate.mayForward(target));
});
