import { freezeProcess } from "./freeze.ts";
import { waitFor } from "./wait_for.ts";

const TAIL_LINES = 25;
/** Every server of this process, for the report of a failed test. */
const known: ServerProcess[] = [];

export interface ServerCommand {
  /** For messages, such as `etcd-2`. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Resolves to true when the server serves. */
  readonly ready: () => Promise<boolean>;
}

/** A real server as a child process, with its output in a file. It can be stopped, killed, frozen and started again. */
export class ServerProcess implements AsyncDisposable {
  readonly #command: ServerCommand;
  #child: Deno.ChildProcess | undefined;
  #tail = "";

  constructor(command: ServerCommand) {
    this.#command = command;
    known.push(this);
  }

  /** Starts the process and waits until it serves. */
  async start(): Promise<this> {
    this.launch();
    await this.ready();
    return this;
  }

  /** Starts the process and does not wait. */
  launched(): this {
    this.launch();
    return this;
  }

  /** Starts the process. */
  launch(): void {
    const { program, args, env, logFile } = this.#command;
    // The shell opens the log and becomes the server: no pipe hangs on the test.
    const script = 'log=$1; shift; exec "$@" >>"$log" 2>&1';
    this.#child = new Deno.Command("/bin/sh", {
      args: ["-c", script, "sh", logFile, program, ...args],
      stdin: "null",
      stdout: "null",
      stderr: "null",
      ...(env === undefined ? {} : { env: { ...env } }),
    }).spawn();
  }

  /** Waits until the process serves; fails at once with the log's tail when it has exited. */
  async ready(): Promise<void> {
    const child = this.#child;
    let exited: Deno.CommandStatus | undefined;
    child?.status.then((status) => exited = status);
    const look = async () => exited !== undefined || await this.#command.ready();
    await waitFor(`${this.#command.name} to serve\n${this.tail()}`, look);
    if (exited !== undefined) {
      throw new Error(`${this.#command.name} ended with code ${exited.code}:\n${this.tail()}`);
    }
  }

  /** Ends the process, by default at once and without its knowledge. */
  async stop(signal: Deno.Signal = "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    child.kill(signal);
    // A frozen process would not see another signal.
    if (signal !== "SIGKILL") child.kill("SIGCONT");
    await child.status;
  }

  /** The server's process id: the shell has become the server. */
  get pid(): number {
    if (this.#child === undefined) throw new Error(`${this.#command.name} does not run`);
    return this.#child.pid;
  }

  /** Stops the process without ending it: its connections stay, nothing answers. */
  freeze(): void {
    freezeProcess(this.pid);
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  /** The last lines of its output. */
  tail(): string {
    try {
      const lines = Deno.readTextFileSync(this.#command.logFile).trimEnd().split("\n");
      this.#tail = lines.slice(-TAIL_LINES).join("\n");
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return `--- ${this.#command.name} ---\n${this.#tail}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.tail();
    await this.stop();
  }
}

/**
 * A test whose failure shows what its servers said.
 */
export function serverTest(name: string, run: (context: Deno.TestContext) => Promise<void>): void {
  Deno.test(name, async (context) => {
    known.length = 0;
    try {
      await run(context);
    } catch (error) {
      const tails = known.map((server) => server.tail()).join("\n");
      throw new Error(`${error instanceof Error ? error.message : error}\n${tails}`, { cause: error });
    }
  });
}
