/** `stolon-sentinel`: reads flags, opens the store, serves metrics, and runs until a signal. */
import { runProgram } from "../common/program.ts";
import { getLogger } from "../common/log.ts";
import { SENTINEL_PROGRAM, startSentinel } from "./start.ts";

const COMPONENT = "sentinel";
/** All that a sentinel has to finish concerns the store. */
const STOP_LIMIT_MS = 2000;

if (import.meta.main) {
  await runProgram(
    SENTINEL_PROGRAM,
    ({ flags, signal }) => startSentinel(flags, { signal, log: getLogger(COMPONENT) }),
    { component: COMPONENT, stopLimitMs: STOP_LIMIT_MS },
  );
}
