/** One run of a seed: ten simulated minutes, faults in the first part, peace in the rest. */
import { scheduleFailover } from "./check_failover.ts";
import { livenessProblems, stillness } from "./check_liveness.ts";
import { Cluster } from "./cluster.ts";
import { drawFaults, type Fault } from "./faults.ts";
import { scheduleFaults } from "./inject.ts";
import { Random } from "./random.ts";
import { drawShape } from "./shape.ts";
import { type LogEntry, Violation, World } from "./world.ts";

const RUN_MS = 600_000;
const FAULTS_END_MS = 330_000;
/** By then most clusters are well again: their master dies once more. */
export const FAILOVER_MS = 450_000;
/** By then everything must be well again, and stay as it is. */
const CONVERGED_MS = 580_000;

export interface RunResult {
  readonly seed: number;
  /** Undefined: all invariants held. */
  readonly violation: { readonly invariant: string; readonly detail: string } | undefined;
  readonly faults: readonly Fault[];
  readonly log: readonly LogEntry[];
  readonly stats: { readonly events: number; readonly elections: number; readonly acknowledged: number };
}

/** The faults that the seed draws. */
export function faultsOf(seed: number): Fault[] {
  return drawFaults(new Random(seed).fork("faults"), { endMs: FAULTS_END_MS });
}

/** Runs a seed with its faults, or with some of them. */
export function runSeed(seed: number, faults: readonly Fault[] = faultsOf(seed)): RunResult {
  const random = new Random(seed);
  const world = new World(random.fork("world"));
  const cluster = new Cluster(world, drawShape(random.fork("shape")));
  world.note("SHAPE", JSON.stringify(cluster.shape));
  let violation: RunResult["violation"];
  try {
    scheduleFaults(cluster, faults);
    simulate(world, cluster);
  } catch (error) {
    violation = asViolation(error);
  }
  const acknowledged = cluster.clients.reduce((sum, client) => sum + client.acknowledged, 0);
  const stats = { events: world.eventCount, elections: cluster.checkers.elections, acknowledged };
  return { seed, violation, faults, log: world.log, stats };
}

function simulate(world: World, cluster: Cluster): void {
  world.runUntil(FAILOVER_MS);
  scheduleFailover(cluster);
  world.runUntil(CONVERGED_MS);
  const problems = livenessProblems(cluster);
  if (problems.length > 0) world.violated("with faults gone, the cluster converges", problems.join("; "));
  const before = stillness(cluster);
  world.runUntil(RUN_MS);
  const after = stillness(cluster);
  if (before !== after) {
    world.violated("an unchanged world yields an unchanged view", `${before} became ${after}`);
  }
}

/** An exception in the code under test is a finding like any other. */
function asViolation(error: unknown): RunResult["violation"] {
  if (error instanceof Violation) return { invariant: error.invariant, detail: error.detail };
  const detail = error instanceof Error ? error.stack ?? error.message : String(error);
  return { invariant: "no code throws unexpectedly", detail };
}
