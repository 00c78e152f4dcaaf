/** A process that owns a stage, to be killed by `stage_test.ts`: prints the directory and the pid, then waits. */
import { Stage } from "./stage.ts";

const stage = await Stage.open({ prefix: "stolon-stage-test-" });
const sleeper = stage.start(["sleep", "3600"], { name: "sleeper", rank: "role" });
Deno.stdout.writeSync(
  new TextEncoder().encode(`${JSON.stringify({ directory: stage.directory, pid: sleeper.pid })}\n`),
);
await sleeper.status;
