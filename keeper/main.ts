/** `stolon-keeper`: reads flags, prepares the ground, becomes PostgreSQL's user, and lives until a signal. */
import type { ProgramContext } from "../common/program.ts";
import { runProgram } from "../common/program.ts";
import { getLogger } from "../common/log.ts";
import { KEEPER_PROGRAM } from "./start/keeper_flags.ts";
import { startKeeper } from "./start/start_keeper.ts";

const COMPONENT = "keeper";

if (import.meta.main) {
  await runProgram(
    KEEPER_PROGRAM,
    ({ flags, signal }: ProgramContext) => startKeeper(flags, { signal, log: getLogger(COMPONENT) }),
    { component: COMPONENT },
  );
}
