import { assertEquals, assertMatch } from "@std/assert";
import type { DbStatus } from "../cluster/clusterdata.ts";
import { parseLsn } from "../cluster/lsn.ts";
import { invalidReason } from "./validity.ts";

/** `"3 at 0/500, 1@0/100 2@0/200"`: timeline, position, and where the history left its ancestors. */
function status(text: string, systemdID = "7"): DbStatus {
  const [, timeline = "", position = "", history = ""] = /^(\d+) at (\S+?)(?:, (.*))?$/.exec(text) ?? [];
  return {
    healthy: true,
    currentGeneration: 1,
    listenAddress: "",
    port: "",
    systemdID,
    timelineID: Number(timeline),
    xLogPos: parseLsn(position),
    timelinesHistory: history.split(" ").filter((entry) => entry !== "").map((entry) => {
      const [timelineID = "", switchPoint = ""] = entry.split("@");
      return { timelineID: Number(timelineID), switchPoint: parseLsn(switchPoint), reason: "" };
    }),
    pgParameters: {},
    synchronousStandbys: [],
    olderWalFile: "",
  };
}

const VALID: readonly [name: string, db: string, master: string][] = [
  ["on the same first timeline, behind", "1 at 0/100", "1 at 0/200"],
  ["on the same first timeline, ahead", "1 at 0/300", "1 at 0/200"],
  ["on the same timeline by the same way", "2 at 0/300, 1@0/200", "2 at 0/400, 1@0/200"],
  ["on the same timeline, one history cut off", "3 at 0/400, 2@0/300", "3 at 0/500, 1@0/200 2@0/300"],
  ["on the same timeline, its history not known", "2 at 0/300", "2 at 0/400, 1@0/200"],
  ["before the fork", "1 at 0/100", "2 at 0/400, 1@0/200"],
  ["at the fork", "1 at 0/200", "2 at 0/400, 1@0/200"],
  ["two timelines back, before the fork", "1 at 0/200", "3 at 0/500, 1@0/200 2@0/300"],
  ["on an ancestor that the cut history doesn't name", "1 at 0/200", "4 at 0/500, 2@0/300 3@0/400"],
  ["the master's history not known", "1 at 0/900", "2 at 0/400"],
  ["never reported", "0 at 0/0", "2 at 0/400, 1@0/200"],
  ["beside a master that never reported", "1 at 0/100", "0 at 0/0"],
];

for (const [name, db, master] of VALID) {
  Deno.test(`valid: ${name}`, () => assertEquals(invalidReason(status(db), status(master)), undefined));
}

const INVALID: readonly [name: string, db: string, master: string, why: RegExp][] = [
  ["a higher timeline", "2 at 0/300, 1@0/200", "1 at 0/400", /timeline 2, and the master on 1/],
  ["forked at another point", "2 at 0/300, 1@0/100", "2 at 0/400, 1@0/200", /left timeline 1 at 0\/100/],
  ["past the fork", "1 at 0/201", "2 at 0/400, 1@0/200", /left at 0\/200/],
  ["past the fork two timelines back", "1 at 0/201", "3 at 0/500, 1@0/200 2@0/300", /left at 0\/200/],
  ["begun from another timeline", "3 at 0/400, 1@0/200", "3 at 0/400, 1@0/200 2@0/300", /was begun from 1/],
  ["on a sibling", "2 at 0/300, 1@0/200", "3 at 0/400, 1@0/200", /no ancestor of the master's timeline 3/],
  ["forked elsewhere on the way", "2 at 0/250, 1@0/100", "3 at 0/500, 1@0/200 2@0/300", /left timeline 1/],
];

for (const [name, db, master, why] of INVALID) {
  Deno.test(`invalid: ${name}`, () => assertMatch(invalidReason(status(db), status(master)) ?? "", why));
}

Deno.test("invalid: another system, whatever the timelines", () => {
  assertMatch(invalidReason(status("1 at 0/100", "8"), status("1 at 0/100")) ?? "", /system identifier is 8/);
  assertEquals(invalidReason(status("1 at 0/100", ""), status("1 at 0/100")), undefined);
});
