/** What the user sees: lines on stdout, and one line that changes in place while something is waited for. */

const encoder = new TextEncoder();
const isTerminal = Deno.stdout.isTerminal();
const colours = isTerminal && !Deno.env.get("NO_COLOR");
let progressShown = "";

/** Whoever read our output may be gone: the demo has still to clear up. */
function write(text: string): void {
  try {
    const bytes = encoder.encode(text);
    for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** One line. */
export function say(line = ""): void {
  const clear = isTerminal && progressShown !== "" ? "\r\x1b[K" : "";
  progressShown = "";
  write(`${clear}${line}\n`);
}

/** The state of what is waited for: in place on a terminal, else a line each time it changes. */
export function showProgress(state: string, elapsedMs: number): void {
  const line = `  ${seconds(elapsedMs)}  ${state}`;
  if (isTerminal) write(`\r\x1b[K${line}`);
  else if (state !== progressShown) write(`${line}\n`);
  progressShown = state;
}

/** The last state stays on the screen. */
export function endProgress(): void {
  if (isTerminal && progressShown !== "") write("\n");
  progressShown = "";
}

/** A heading. */
export function heading(text: string): void {
  say();
  say(bold(text));
}

export function bold(text: string): string {
  return colours ? `\x1b[1m${text}\x1b[0m` : text;
}

export function dim(text: string): string {
  return colours ? `\x1b[2m${text}\x1b[0m` : text;
}

const ROLE_COLOURS: Readonly<Record<string, string>> = {
  keeper: "36",
  sentinel: "35",
  proxy: "33",
  writes: "32",
};

/** A role's name in its colour. */
export function tint(name: string): string {
  const colour = ROLE_COLOURS[name.replace(/\d+$/, "")];
  return colours && colour !== undefined ? `\x1b[${colour}m${name}\x1b[0m` : name;
}

/** Such as `  3.2 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1).padStart(5)} s`;
}
