/** `deno task demo`: see `mod.ts`. Signals end it cleanly; whatever else ends it, `stage.sh` clears up. */
import { AnsweredError } from "../../common/command_line.ts";
import { describeError, UsageError } from "../../common/errors.ts";
import { SetupError } from "../apt.ts";
import { ensureDependencies, ensureEtcd, ensurePostgres } from "../setup.ts";
import { KeptDirectoryError } from "./kept_directory.ts";
import { type DemoOptions, parseDemoOptions } from "./options.ts";
import { watchOwners } from "./owners.ts";
import { perform } from "./performance.ts";
import { say } from "./screen.ts";

/** Aborted by whatever asks the demo to end; the reason says what. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // A Ctrl-C arrives twice through a task runner: the second says nothing new.
    Deno.addSignalListener(name, () => stop.abort(name));
  }
  watchOwners((command) => stop.abort(`the end of "${command.trim()}"`));
  return stop.signal;
}

async function ensureAll({ store }: DemoOptions): Promise<void> {
  await ensureDependencies();
  await ensurePostgres();
  if (store === "etcdv3") await ensureEtcd();
}

async function main(args: readonly string[]): Promise<number> {
  const signal = stopSignal();
  try {
    const options = parseDemoOptions(args);
    await ensureAll(options);
    return await perform(options, signal);
  } catch (error) {
    if (error instanceof AnsweredError) return 0;
    const expected = [UsageError, SetupError, KeptDirectoryError].some((kind) => error instanceof kind);
    say(expected ? describeError(error) : `the demo failed: ${describeError(error)}`);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
