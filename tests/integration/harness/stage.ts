/**
 * A stage: a directory of its own and the processes that play in it. When the stage is disposed, and also when the
 * process that owns it dies by any signal, `stage.sh` ends every process and removes the directory.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const STAGE_SCRIPT = fileURLToPath(new URL("./stage.sh", import.meta.url));

/** Roles end first, the servers that they talk to (the store) after them. */
export type Rank = "role" | "server";

export interface StageOptions {
  /** Beginning of the directory's name. */
  readonly prefix: string;
  /** Use this directory and leave it, with its data, when the stage ends. */
  readonly keepIn?: string;
}

export interface StartOptions {
  /** Name of the log file, without `.log`. */
  readonly name: string;
  readonly rank: Rank;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A process on the stage. Its output is in `logFile`, over all of its lives. */
export interface StageProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when it has ended. */
  readonly status: Promise<Deno.CommandStatus>;
}

export class Stage implements AsyncDisposable {
  readonly #watcher: Deno.ChildProcess;
  readonly #words: WritableStreamDefaultWriter<Uint8Array>;
  /** By pid. */
  readonly #running = new Map<
    number,
    { readonly rank: string; readonly status: Promise<Deno.CommandStatus> }
  >();
  #ended: Promise<void> | undefined;

  private constructor(readonly directory: string, watcher: Deno.ChildProcess) {
    this.#watcher = watcher;
    this.#words = watcher.stdin.getWriter();
  }

  /** Makes the directory and starts what will clear it away. */
  static async open({ prefix, keepIn }: StageOptions): Promise<Stage> {
    const directory = keepIn ?? await Deno.makeTempDir({ prefix });
    await Deno.mkdir(join(directory, "logs"), { recursive: true });
    // Keepers started as root become another user: that one must get through to its data directory.
    await Deno.chmod(directory, 0o711);
    await Deno.writeTextFile(join(directory, "pids"), "");
    const watcher = new Deno.Command("/bin/sh", {
      args: [STAGE_SCRIPT, "watch"],
      stdin: "piped",
      stdout: "null",
      stderr: "inherit",
      detached: true,
    }).spawn();
    const stage = new Stage(directory, watcher);
    await stage.#tell(`${directory}\n${keepIn === undefined ? "" : "keep\n"}`);
    return stage;
  }

  get pidsFile(): string {
    return join(this.directory, "pids");
  }

  /** Starts a program whose end is certain. It runs in its own session: a Ctrl-C is for the owner alone. */
  start(command: readonly string[], options: StartOptions): StageProcess {
    const logFile = join(this.directory, "logs", `${options.name}.log`);
    const rank = options.rank === "role" ? "1" : "2";
    const child = new Deno.Command("/bin/sh", {
      args: [STAGE_SCRIPT, "start", this.pidsFile, rank, logFile, ...command],
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
      detached: true,
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    }).spawn();
    const status = child.status.finally(() => this.#running.delete(child.pid));
    this.#running.set(child.pid, { rank, status });
    return { name: options.name, pid: child.pid, logFile, status };
  }

  /** Notes something outside of the directory that a killed PostgreSQL may leave: removed at the end. */
  async noteLeftover(kind: "port" | "shm" | "ipc", name: string | number): Promise<void> {
    await Deno.writeTextFile(join(this.directory, "leftovers"), `${kind} ${name}\n`, { append: true });
  }

  /** Ends everything: roles, then servers, then what PostgreSQL is left; removes the directory unless it is kept. */
  end(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    const running = [...this.#running];
    for (const [pid, { rank }] of running) await this.#tell(`running ${pid} ${rank}\n`);
    await this.#words.close();
    const { code } = await this.#watcher.status;
    if (code !== 0) throw new Error(`clearing ${this.directory} away failed with exit code ${code}`);
    await Promise.all(running.map(([, { status }]) => status));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  async #tell(words: string): Promise<void> {
    await this.#words.write(new TextEncoder().encode(words));
  }
}
