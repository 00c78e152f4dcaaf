import { assertEquals } from "@std/assert";
import { ZERO_TIME } from "../cluster/clusterdata.ts";
import { newClusterData } from "../cluster/new_cluster_data.ts";
import { resolveSpec } from "../cluster/spec_defaults.ts";
import { QUIET } from "../tests/scenarios/keeper/situation.ts";
import { healthRoutes } from "./health_routes.ts";

const data = newClusterData({ initMode: "new" }, { clusterUid: "c", now: ZERO_TIME });
const spec = resolveSpec({ initMode: "new" });
const view = { data, clusterUid: "c", spec };

function primaryWith(
  { viewAgeMs = 0, ...probe }: { viewAgeMs?: number; probeAgeMs?: number; healthy?: boolean },
) {
  const { routes } = healthRoutes({
    assignment: { assignment: QUIET.assignment, viewAgeMs, view },
    reporter: { latest: { healthy: true, inRecovery: false, position: 1n, probeAgeMs: 0, ...probe } },
  });
  return routes?.["/primary"]?.(new URL("http://keeper/primary")).reason;
}

Deno.test("/primary says yes only by a view and a look at PostgreSQL that are fresh", () => {
  const { proxyTimeoutMs, sleepIntervalMs } = spec;
  const oldView = "the cluster view is too old to be sure";
  const oldLook = "PostgreSQL was looked at too long ago to be sure";
  assertEquals(primaryWith({}), "primary");
  assertEquals(primaryWith({ healthy: false }), "PostgreSQL is not a primary yet");
  assertEquals(primaryWith({ viewAgeMs: proxyTimeoutMs }), "primary");
  assertEquals(primaryWith({ viewAgeMs: proxyTimeoutMs + 1 }), oldView);
  assertEquals(primaryWith({ probeAgeMs: 4 * sleepIntervalMs }), "primary");
  assertEquals(primaryWith({ probeAgeMs: 4 * sleepIntervalMs + 1 }), oldLook);
});
