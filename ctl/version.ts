import { VERSION } from "../common/version.ts";
import type { Subcommand } from "./command.ts";

/** Prints the version. */
export const version: Subcommand = {
  definition: { name: "version", summary: "print the version", needsProgramFlags: false },
  run: ({ console }) => {
    console.print(`stolonctl version ${VERSION}`);
    return Promise.resolve();
  },
};
