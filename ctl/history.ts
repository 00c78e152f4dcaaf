import { type WritableJson, writeJson } from "../cluster/json.ts";
import { UsageError } from "../common/errors.ts";
import type { CommandContext, Subcommand } from "./command.ts";
import { historyText } from "./history_text.ts";

/** Prints what the sentinels decided, and why. */
export const history: Subcommand = {
  definition: {
    name: "history",
    summary: "show what the sentinels decided, when and why, the latest last",
    flags: [
      {
        name: "last",
        short: "n",
        kind: "integer",
        default: 20,
        description: "how many decisions; 0 is all that are kept",
      },
      {
        name: "format",
        short: "f",
        kind: "string",
        default: "text",
        choices: ["text", "json"],
        description: "for people, or one JSON object per line with the facts behind each decision",
      },
    ],
    examples: ["stolonctl history", "stolonctl history -n 0 -f json"],
  },
  run: runHistory,
};

async function runHistory({ flags, signal, console, openStore }: CommandContext): Promise<void> {
  const last = flags.integer("last");
  if (last < 0) throw new UsageError(`--last must not be negative, but is ${last}`);
  const store = await openStore();
  const entries = (await store.readHistory({ signal })).slice(-last);
  if (flags.string("format") === "json") {
    for (const entry of entries) console.print(writeJson(entry as unknown as WritableJson));
  } else {
    console.print(historyText(entries));
  }
}
