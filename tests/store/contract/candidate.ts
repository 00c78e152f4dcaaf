/**
 * A candidate in a process of its own, which can be killed and frozen. While it leads, it acts every few milliseconds:
 * it notes the time, asks whether its term holds, and appends the note to a file that all candidates share.
 */
import { fileURLToPath } from "node:url";
import { systemClock } from "../../../common/clock.ts";
import { openStore } from "../../../store/open.ts";
import type { StoreOptions } from "../../../store/options.ts";

const ACT_EVERY_MS = 5;

export interface CandidateOrder {
  readonly options: StoreOptions;
  readonly id: string;
  /** The file of notes: `<id> <term> <wall clock in ms>.` per line. */
  readonly record: string;
}

export interface CandidateProcess extends AsyncDisposable {
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Lets it give its leadership up and end. */
  resign(): Promise<void>;
}

/** Starts the process. */
export function startCandidate(order: CandidateOrder): CandidateProcess {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", "-A", fileURLToPath(import.meta.url), JSON.stringify(order)],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  let ended = false;
  child.status.then(() => ended = true);
  const end = async (signal: Deno.Signal) => {
    if (ended) return;
    child.kill(signal);
    await child.status;
  };
  return {
    kill: () => end("SIGKILL"),
    freeze: () => child.kill("SIGSTOP"),
    thaw: () => child.kill("SIGCONT"),
    resign: () => end("SIGTERM"),
    [Symbol.asyncDispose]: () => end("SIGKILL"),
  };
}

async function run({ options, id, record }: CandidateOrder): Promise<void> {
  const store = await openStore(options);
  const election = store.campaign(id);
  const notes = await Deno.open(record, { append: true });
  const encoder = new TextEncoder();
  let term = 0;
  let last: unknown;
  const acting = setInterval(() => {
    const wallMs = systemClock.wallMs();
    const leadership = election.current();
    if (leadership === undefined) return;
    if (leadership !== last) term++;
    last = leadership;
    if (leadership.holds()) notes.writeSync(encoder.encode(`${id} ${term} ${wallMs}.\n`));
  }, ACT_EVERY_MS);
  Deno.addSignalListener("SIGTERM", async () => {
    clearInterval(acting);
    await election.close();
    await store.close();
    Deno.exit(0);
  });
}

if (import.meta.main) await run(JSON.parse(Deno.args[0] ?? ""));
