/** The operator's terminal, as far as subcommands use it. Output goes to stdout; everything said besides it to stderr. */
import { FatalError } from "../common/errors.ts";

export interface Console {
  /** Writes the asked-for output and a line break. */
  print(text: string): void;
  /** Writes to stdout as it is. */
  write(text: string): void;
  /** Tells the operator something that is not the output. */
  tell(text: string): void;
  /** All of standard input. */
  readInput(): Promise<string>;
  /** Asks until the answer is `yes` or `no`. */
  confirm(): Promise<boolean>;
  /** Width of the terminal in columns; undefined when stdout is none. */
  width(): number | undefined;
}

const QUESTION = "Are you sure you want to continue? [yes/no] ";

/** The process's own streams. */
export const processConsole: Console = {
  print: (text) => write(Deno.stdout, `${text}\n`),
  write: (text) => write(Deno.stdout, text),
  tell: (text) => write(Deno.stderr, `${text}\n`),
  readInput: () => new Response(Deno.stdin.readable).text(),
  confirm: async () => {
    const lines = inputLines();
    while (true) {
      write(Deno.stderr, QUESTION);
      const { value, done } = await lines.next();
      if (done) throw new FatalError("standard input ended without yes or no: answer it, or give -y");
      if (value === "yes" || value === "no") return value === "yes";
    }
  },
  width: () => Deno.stdout.isTerminal() ? Deno.consoleSize().columns : undefined,
};

async function* inputLines(): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield line.replace(/\r$/, "");
  }
  if (rest !== "") yield rest;
}

/** A reader that has gone away (`stolonctl status | head -1`) is no failure of ours. */
function write(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let written = 0; written < bytes.length;) written += stream.writeSync(bytes.subarray(written));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(0);
    throw error;
  }
}
