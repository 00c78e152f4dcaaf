import { assert, assertEquals } from "@std/assert";
import type { Clock } from "../common/clock.ts";
import { Candidacy, instant, Term } from "./term.ts";

class HandClock implements Clock {
  monotonic = 1000;
  wall = 5_000_000;
  monotonicMs = () => this.monotonic;
  wallMs = () => this.wall;
  pass(ms: number): void {
    this.monotonic += ms;
    this.wall += ms;
  }
}

function newTerm(clock: Clock): { term: Term<string>; ends: string[] } {
  const ends: string[] = [];
  const term: Term<string> = new Term("proof", {
    validMs: 10_000,
    confirmedAt: instant(clock),
    onEnd: () => ends.push(String(term.ended.reason.message)),
    clock,
  });
  return { term, ends };
}

const CASES: Readonly<
  Record<string, { readonly change: (clock: HandClock) => void; readonly holds: boolean }>
> = {
  "just before its time is over": { change: (clock) => clock.pass(9_999), holds: true },
  "when its time is over": { change: (clock) => clock.pass(10_000), holds: false },
  "after a machine was suspended, which only the wall clock shows": {
    change: (clock) => clock.wall += 60_000,
    holds: false,
  },
  "after the wall clock was set back": { change: (clock) => clock.wall -= 3_600_000, holds: true },
  "over time with the wall clock set back": {
    change: (clock) => {
      clock.pass(10_000);
      clock.wall -= 3_600_000;
    },
    holds: false,
  },
};

for (const [name, { change, holds }] of Object.entries(CASES)) {
  Deno.test(`a term ${holds ? "holds" : "does not hold"} ${name}`, () => {
    const clock = new HandClock();
    const { term, ends } = newTerm(clock);
    change(clock);
    assertEquals(term.holds(), holds);
    assertEquals(term.ended.aborted, !holds);
    assertEquals(ends.length, holds ? 0 : 1);
    term.end("the test is over");
  });
}

Deno.test("a renewal counts from the moment at which it was sent", () => {
  const clock = new HandClock();
  const { term } = newTerm(clock);
  clock.pass(5_000);
  const sentAt = instant(clock);
  clock.pass(3_000);
  term.confirm(sentAt);
  clock.pass(6_999);
  assert(term.holds());
  clock.pass(1);
  assert(!term.holds());
});

Deno.test("a renewal that is confirmed too late revives nothing, and an older one shortens nothing", () => {
  const clock = new HandClock();
  const { term } = newTerm(clock);
  const early = instant(clock);
  clock.pass(4_000);
  term.confirm(instant(clock));
  term.confirm(early);
  clock.pass(9_000);
  assert(term.holds());
  const sentAt = instant(clock);
  clock.pass(1_000);
  term.confirm(sentAt);
  assert(!term.holds());
});

Deno.test("a term ends by itself when nobody asks, and tells once", async () => {
  const told = Promise.withResolvers<void>();
  let ends = 0;
  const term = new Term("proof", {
    validMs: 30,
    confirmedAt: instant(),
    onEnd: () => {
      ends++;
      told.resolve();
    },
  });
  await told.promise;
  assert(!term.holds());
  term.end("again");
  assertEquals(ends, 1);
  assertEquals(term.ended.reason.message, "the lease was not renewed in time");
});

class TestCandidacy extends Candidacy<string> {
  win(proof: string): void {
    this.begin(proof, { validMs: 60_000, confirmedAt: instant() });
  }
  lose(): void {
    this.term?.end("lost");
  }
  look(work: () => Promise<void>): Promise<void> {
    return this.serially(work);
  }
  override close(): Promise<void> {
    this.lose();
    return Promise.resolve();
  }
}

Deno.test("listeners hear every gain and loss until they are taken away", async () => {
  const candidacy = new TestCandidacy();
  const heard: boolean[] = [];
  const remove = candidacy.onChange(() => heard.push(candidacy.current() !== undefined));
  candidacy.win("a");
  const first = candidacy.current();
  candidacy.win("b");
  assert(first?.ended.aborted);
  candidacy.lose();
  candidacy.lose();
  remove();
  candidacy.win("c");
  await candidacy.close();
  assertEquals(heard, [true, false, true, false]);
});

Deno.test("looks at the store run one after the other, also after one that failed", async () => {
  const candidacy = new TestCandidacy();
  const order: string[] = [];
  const slow = candidacy.look(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    order.push("slow");
    throw new Error("the store is away");
  });
  const fast = candidacy.look(() => {
    order.push("fast");
    return Promise.resolve();
  });
  await Promise.allSettled([slow, fast]);
  assertEquals(order, ["slow", "fast"]);
});
