/**
 * A keeper that kills itself, as SIGKILL would, at a border between two steps: `before|after STEP NUMBER` in the variable
 * CRASH_AT, the number counting from 1. Without it, it is an ordinary keeper.
 */
import { getLogger } from "../../../common/log.ts";
import { runProgram } from "../../../common/program.ts";
import { KEEPER_PROGRAM } from "../../../keeper/start/keeper_flags.ts";
import { startKeeper } from "../../../keeper/start/start_keeper.ts";
import type { StepHook } from "../../../keeper/workplace.ts";

function crashHook(border: string): StepHook {
  const [when, step, number] = border.split(" ");
  let left = Number(number ?? "1");
  return (kind, now) => {
    if (now !== when || kind !== step) return;
    left--;
    if (left === 0) Deno.kill(Deno.pid, "SIGKILL");
  };
}

const border = Deno.env.get("CRASH_AT");
const onStep = border === undefined || border === "" ? undefined : crashHook(border);
await runProgram(
  KEEPER_PROGRAM,
  ({ flags, signal }) =>
    startKeeper(flags, { signal, log: getLogger("keeper"), ...(onStep === undefined ? {} : { onStep }) }),
  { component: "keeper" },
);
