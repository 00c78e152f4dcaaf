import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { type Branch, branchDifference, forkPoint, lastEntries, parseHistoryFile } from "./timelines.ts";

const HISTORY =
  "1\t0/3000060\tno recovery target specified\n\n# a comment\n2\t16/B374D848\tafter 2023-05-04\n";

Deno.test("parseHistoryFile", () => {
  assertEquals(parseHistoryFile(HISTORY), [
    { timelineID: 1, switchPoint: 0x3000060n, reason: "no recovery target specified" },
    { timelineID: 2, switchPoint: 0x16B374D848n, reason: "after 2023-05-04" },
  ]);
  assertEquals(parseHistoryFile("1 0/10\n"), [{ timelineID: 1, switchPoint: 16n, reason: "" }]);
  assertEquals(parseHistoryFile(""), []);
  assertThrows(() => parseHistoryFile("one\t0/3000060\n"), SyntaxError, "one");
});

Deno.test("forkPoint and lastEntries", () => {
  const history = parseHistoryFile(HISTORY);
  assertEquals(forkPoint(history, 2), 0x16B374D848n);
  assertEquals(forkPoint(history, 3), undefined);
  assertEquals(lastEntries(history, 1), history.slice(1));
  assertEquals(lastEntries(history.toReversed(), 5), history);
});

function branch(
  timelineID: number,
  xLogPos: bigint,
  ...forks: readonly [timelineID: number, at: bigint][]
): Branch {
  const timelinesHistory = forks.map(([id, switchPoint]) => ({ timelineID: id, switchPoint, reason: "" }));
  return { timelineID, xLogPos, timelinesHistory };
}

const MASTER = branch(3, 900n, [1, 100n], [2, 200n]);
const CASES: readonly [name: string, instance: Branch, master: Branch, expected: RegExp | undefined][] = [
  ["the same", branch(3, 900n, [1, 100n], [2, 200n]), MASTER, undefined],
  ["ahead of the master on its timeline", branch(3, 950n, [1, 100n], [2, 200n]), MASTER, undefined],
  ["a higher timeline", branch(4, 50n, [3, 50n]), MASTER, /on timeline 4, and the master on 3/],
  [
    "equal, forked at another point",
    branch(3, 900n, [1, 100n], [2, 201n]),
    MASTER,
    /left timeline 2 at 0\/C9/,
  ],
  ["equal, nothing in common", branch(3, 900n), MASTER, undefined],
  ["equal, the other ancestor differs", branch(3, 900n, [1, 99n], [2, 200n]), MASTER, /left timeline 1/],
  ["lower, before the fork", branch(2, 199n, [1, 100n]), MASTER, undefined],
  ["lower, at the fork", branch(2, 200n, [1, 100n]), MASTER, undefined],
  ["lower, past the fork", branch(2, 201n, [1, 100n]), MASTER, /at 0\/C9 on timeline 2, .* left at 0\/C8/],
  ["lower, its own ancestor differs", branch(2, 150n, [1, 90n]), MASTER, /left timeline 1/],
  ["lower by two, past the fork", branch(1, 150n), MASTER, /left at 0\/64/],
  [
    "lower, below what the master's history still holds",
    branch(1, 5000n),
    branch(7, 900n, [5, 1n], [6, 2n]),
    undefined,
  ],
  ["the end of one timeline is no fork of another", branch(2, 150n, [1, 100n], [2, 999n]), MASTER, undefined],
];

for (const [name, instance, master, expected] of CASES) {
  Deno.test(`branchDifference: ${name}`, () => {
    const reason = branchDifference(instance, master);
    if (expected === undefined) assertEquals(reason, undefined);
    else assertMatch(reason ?? "no difference", expected);
  });
}
