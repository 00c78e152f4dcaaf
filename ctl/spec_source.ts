/** The specification on a command line: as an argument, in a file, or on standard input. */
import type { FlagDefinition, ParsedFlags } from "../common/command_line.ts";
import { UsageError } from "../common/errors.ts";
import type { Console } from "./console.ts";

export const FILE_FLAG: FlagDefinition = {
  name: "file",
  short: "f",
  kind: "string",
  placeholder: "file",
  description: "read it from this file; - is standard input",
};

export const YES_FLAG: FlagDefinition = {
  name: "yes",
  short: "y",
  kind: "boolean",
  description: "do not ask",
};

/** The text given as the first argument or with `--file`; undefined when neither was. */
export async function readGiven(flags: ParsedFlags, console: Console): Promise<string | undefined> {
  const argument = flags.arguments[0];
  const file = flags.string("file");
  if (file === undefined) return argument;
  if (argument !== undefined) throw new UsageError("give either an argument or --file, not both");
  return file === "-" ? await console.readInput() : await readFile(file);
}

async function readFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`cannot read the file of --file, ${path}: ${reason}`, { cause });
  }
}
