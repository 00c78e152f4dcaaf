import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { SpecError } from "./errors.ts";
import type { ClusterSpec } from "./spec.ts";
import { specProblems, validateSpec, validateSpecUpdate } from "./spec_validation.ts";

const STANDBY = {
  initMode: "existing",
  existingConfig: { keeperUID: "k" },
  role: "standby",
  standbyConfig: {},
} as const;
const PITR = { initMode: "pitr", pitrConfig: { dataRestoreCommand: "cp -a /b %d" } } as const;

const VALID: readonly [name: string, spec: ClusterSpec][] = [
  ["nothing but the mode", {}],
  ["null options take the default", { sleepInterval: null, maxStandbys: null, pgHBA: null, role: null }],
  ["zero durations", { syncTimeout: "0", sleepInterval: "0s" }],
  ["zero synchronous standbys required", { minSynchronousStandbys: 0 }],
  ["the ends of the ranges", { maxStandbys: 65535, maxStandbyLag: 4294967295, additionalWalSenders: 0 }],
  ["existing", { initMode: "existing", existingConfig: { keeperUID: "keeper0" } }],
  ["pitr", PITR],
  ["a standby cluster", STANDBY],
  ["a standby cluster by restore", { ...PITR, role: "standby", standbyConfig: { standbySettings: {} } }],
  ["a restore with an empty target", {
    ...PITR,
    role: "standby",
    standbyConfig: {},
    pitrConfig: { ...PITR.pitrConfig, recoveryTargetSettings: {} },
  }],
  ["slots, hba and parameters", {
    additionalMasterReplicationSlots: ["a_1"],
    pgHBA: ["host all all ::/0 md5"],
    pgParameters: { work_mem: "1MB" },
  }],
];

for (const [name, spec] of VALID) {
  Deno.test(`spec: valid: ${name}`, () => assertEquals(specProblems({ initMode: "new", ...spec }), []));
}

const INVALID: readonly [option: string, spec: Readonly<Record<string, unknown>>, message: string][] = [
  ["initMode", { initMode: undefined }, "is required"],
  ["initMode", { initMode: null }, "is required"],
  ["initMode", { initMode: "old" }, `"old" is none of new, existing, pitr`],
  ["role", { role: "primary" }, `"primary" is none of`],
  ["defaultSUReplAccessMode", { defaultSUReplAccessMode: "none" }, `"none" is none of`],
  ["sleepInterval", { sleepInterval: "-1s" }, `"-1s" is negative`],
  ["sleepInterval", { sleepInterval: "5" }, `"5" is not a duration`],
  ["failInterval", { failInterval: "" }, `"" is not a duration`],
  ["proxyCheckInterval", { proxyCheckInterval: "15s" }, `"15s" is not below proxyTimeout "15s"`],
  ["proxyCheckInterval", { proxyTimeout: "4s" }, `"5s" is not below proxyTimeout "4s"`],
  ["maxStandbys", { maxStandbys: 0 }, "0 is not an integer between 1 and 65535"],
  ["maxStandbys", { maxStandbys: 65536 }, "65536 is not"],
  ["maxStandbysPerSender", { maxStandbysPerSender: 0 }, "0 is not"],
  ["maxStandbyLag", { maxStandbyLag: 4294967296 }, "4294967296 is not"],
  ["maxStandbyLag", { maxStandbyLag: -1 }, "-1 is not"],
  ["additionalWalSenders", { additionalWalSenders: 65536 }, "65536 is not"],
  ["minSynchronousStandbys", { minSynchronousStandbys: -1 }, "-1 is not"],
  ["maxSynchronousStandbys", { minSynchronousStandbys: 0, maxSynchronousStandbys: 0 }, "0 is not"],
  ["maxSynchronousStandbys", { minSynchronousStandbys: 2 }, "1 is below minSynchronousStandbys 2"],
  [
    "additionalMasterReplicationSlots",
    { additionalMasterReplicationSlots: ["a-b"] },
    `"a-b" has other characters`,
  ],
  ["additionalMasterReplicationSlots", { additionalMasterReplicationSlots: [""] }, `"" has other characters`],
  [
    "additionalMasterReplicationSlots",
    { additionalMasterReplicationSlots: ["stolon_x"] },
    `"stolon_x" begins with`,
  ],
  ["pgHBA", { pgHBA: ["local all\nall trust"] }, `"local all\\nall trust" contains a newline`],
  ["pgParameters.work_mem", { pgParameters: { work_mem: 5 } }, "5 is not a string"],
  ["existingConfig.keeperUID", { initMode: "existing" }, "is required with"],
  [
    "existingConfig.keeperUID",
    { initMode: "existing", existingConfig: { keeperUID: "" } },
    "is required with",
  ],
  ["pitrConfig.dataRestoreCommand", { initMode: "pitr", pitrConfig: {} }, "is required with"],
  ["pitrConfig.recoveryTargetSettings", {
    ...STANDBY,
    ...PITR,
    pitrConfig: { ...PITR.pitrConfig, recoveryTargetSettings: { recoveryTargetName: "x" } },
  }, "can't be given"],
  ["role", { role: "standby", standbyConfig: {} }, `"standby" can't go with initMode "new"`],
  ["standbyConfig", { ...STANDBY, standbyConfig: undefined }, "is required with"],
];

for (const [option, spec, message] of INVALID) {
  Deno.test(`spec: invalid: ${option}: ${message}`, () => {
    const problems = specProblems({ initMode: "new", ...spec } as ClusterSpec);
    assertEquals(problems.map((problem) => problem.option), [option]);
    assertStringIncludes(problems[0]?.message ?? "", `${option}: `);
    const error = assertThrows(
      () => validateSpec({ initMode: "new", ...spec } as ClusterSpec),
      SpecError,
      message,
    );
    assertEquals(error.option, option);
  });
}

Deno.test("spec: each failure has its own message", () => {
  const problems = specProblems({ initMode: "new", sleepInterval: "x", maxStandbys: 0, pgHBA: ["\n"] });
  assertEquals(problems.map((problem) => problem.option), ["sleepInterval", "maxStandbys", "pgHBA"]);
});

Deno.test("spec update: neither the mode nor master to standby may change", () => {
  const old = { initMode: "new" } as const;
  assertThrows(
    () => validateSpecUpdate(old, { initMode: "existing", existingConfig: { keeperUID: "k" } }),
    SpecError,
    "initMode",
  );
  assertThrows(() => validateSpecUpdate({ ...STANDBY, role: "master" }, STANDBY), SpecError, "role");
  assertThrows(() => validateSpecUpdate({ ...STANDBY, role: null }, STANDBY), SpecError, "role");
  assertThrows(() => validateSpecUpdate(old, { initMode: "new", maxStandbys: 0 }), SpecError, "maxStandbys");
  validateSpecUpdate(STANDBY, { ...STANDBY, role: "master" });
  validateSpecUpdate(old, { initMode: "new", role: "master", synchronousReplication: true });
});
