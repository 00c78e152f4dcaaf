import { runProgram } from "../common/program.ts";
import { PROGRAM } from "./program.ts";
import { runSubcommand } from "./run.ts";

if (import.meta.main) await runProgram(PROGRAM, runSubcommand);
