/** Reading the log files of the processes: their last lines for a failed test, their JSON entries for a story. */
import { join } from "node:path";
import { type LogEntry, parseLogLine } from "./log_entry.ts";

const TAIL_LINES = 60;

/** What a keeper says at each pass, whether or not anything is new. */
const EVERY_PASS = /"(?:requested role|postgres parameters not changed|postgres hba entries not changed)"/;

/** The last telling lines of every log in the directory, under a heading each. */
export async function logTails(directory: string, lines: number = TAIL_LINES): Promise<string> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(directory)) names.push(entry.name);
  const parts = await Promise.all(
    names.sort().map(async (name) => {
      const text = await Deno.readTextFile(join(directory, name));
      const telling = text.trimEnd().split("\n").filter((line) => !EVERY_PASS.test(line));
      return `--- ${name}\n${telling.slice(-lines).join("\n")}`;
    }),
  );
  return parts.join("\n");
}

/** Follows a log file: each call gives the entries that have come since the last one. */
export class LogReader {
  readonly #file: string;
  #offset = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** New complete entries, oldest first. A file that does not exist yet has none. */
  async read(): Promise<LogEntry[]> {
    return (await this.#newText()).split("\n").map(parseLogLine).filter((entry) => entry !== undefined);
  }

  async #newText(): Promise<string> {
    let bytes: Uint8Array;
    try {
      bytes = await Deno.readFile(this.#file);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    }
    const fresh = bytes.subarray(this.#offset);
    // Up to the last line end, so that no character is cut in two.
    const end = fresh.lastIndexOf(10) + 1;
    this.#offset += end;
    return new TextDecoder().decode(fresh.subarray(0, end));
  }
}
