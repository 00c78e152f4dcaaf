import { consulMissing, startConsul } from "../../tests/servers/consul.ts";
import { testFaults } from "../../tests/store/faults/mod.ts";

const missing = await consulMissing();

if (missing === undefined) testFaults({ name: "consul", start: () => startConsul(), electionTtlMs: 20_000 });
else Deno.test.ignore(`consul: the fault suite is skipped: ${missing}`, () => {});
