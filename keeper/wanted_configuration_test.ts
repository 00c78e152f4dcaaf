import { assertEquals } from "@std/assert";
import { QUIET, say, SETTINGS, type Situation } from "../tests/scenarios/keeper/situation.ts";
import { wantedConfiguration } from "./wanted_configuration.ts";

function wanted(situation: Situation, minimumParameters: Record<string, string> = {}) {
  const { assignment, observed } = situation;
  if (assignment.kind !== "converge") throw new Error(assignment.kind);
  return wantedConfiguration({
    goal: assignment.goal,
    settings: SETTINGS,
    observed,
    holdClients: false,
    minimumParameters,
  });
}

const goal = (value: Record<string, unknown>) => say(QUIET, { word: "goal", value });

Deno.test("only a primary waits for synchronous standbys", () => {
  const spec = {
    synchronousReplication: true,
    synchronousStandbys: ["db3", "db2"],
    externalSynchronousStandbys: ["x"],
  };
  assertEquals(
    wanted(goal(spec)).parameters["synchronous_standby_names"],
    "3 (stolon_db2,stolon_db3,x)",
  );
  const standby = { ...spec, role: "standby", followConfig: { type: "internal", dbuid: "db9" } };
  assertEquals(wanted(goal(standby)).parameters["synchronous_standby_names"], "");
  assertEquals(
    wanted(goal({ ...spec, synchronousReplication: false })).parameters["synchronous_standby_names"],
    "",
  );
});

Deno.test("what the instance brought along counts until the view says otherwise, and below what the user says", () => {
  const local = { word: "dbstate", value: { InitPGParameters: { work_mem: "1MB", shared_buffers: "9MB" } } };
  const included = say(goal({ includePreviousConfig: true, pgParameters: { work_mem: "2MB" } }), local);
  assertEquals(wanted(included).parameters["work_mem"], "2MB");
  assertEquals(wanted(included).parameters["shared_buffers"], "9MB");
  assertEquals(wanted(say(goal({}), local)).parameters["shared_buffers"], undefined);
});

Deno.test("a standby's values are raised to what its WAL asks for, and only then", () => {
  const minimum = { max_connections: "200", max_worker_processes: "8", max_wal_senders: "99" };
  const { parameters } = wanted(goal({ pgParameters: { max_connections: "50" } }), minimum);
  assertEquals(parameters["max_connections"], "200");
  assertEquals(parameters["max_wal_senders"], "99");
  assertEquals(parameters["max_worker_processes"], undefined, "PostgreSQL's own value suffices");
  assertEquals(
    wanted(goal({ pgParameters: { max_connections: "300" } }), minimum).parameters["max_connections"],
    "300",
  );
});

Deno.test("a standby of ours connects by its own name and slot", () => {
  const { parameters } = wanted(goal({ role: "standby", followConfig: { type: "internal", dbuid: "db9" } }));
  assertEquals(parameters["primary_slot_name"], "stolon_db1");
  assertEquals(
    parameters["primary_conninfo"],
    "application_name=stolon_db1 host=10.0.0.9 port=5432 sslmode=prefer user=repl",
  );
});

Deno.test("lines of pg_hba.conf that PostgreSQL refused are left out; after one that was to reject, all are", () => {
  const entries = ["host a a samehost md5\nhost b b samehost sha256", "host c c samehost md5"];
  const lines = (pgHBA: readonly string[], refusedHbaLines: readonly string[]) => {
    const situation = say(goal({ pgHBA }), { word: "memory", value: { refusedHbaLines } });
    return wanted(situation).hbaLines.filter((line) => line.includes("samehost"));
  };
  assertEquals(lines(entries, []), entries);
  assertEquals(lines(entries, ["host b b samehost sha256", "host x"]), [
    "host a a samehost md5",
    "host c c samehost md5",
  ]);
  const rejecting = ["host a a samehost md5", "hosst b b samehost reject", "host all all samehost md5"];
  assertEquals(lines(rejecting, ["hosst b b samehost reject"]), ["host a a samehost md5"]);
});
