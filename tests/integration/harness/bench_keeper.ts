/** One keeper of a bench, as a process that can be killed at any step and started again. */
import { join } from "node:path";
import { SUPERUSER } from "./cluster_flags.ts";
import { REPOSITORY } from "./machine.ts";
import { launcherCommand } from "./role_process.ts";
import { query, type Row } from "./sql.ts";
import type { Stage, StageProcess } from "./stage.ts";

/** The superuser's password of every bench: with what quoting has to survive. */
export const PASSWORD = `it's a "secret" \\ 1`;

export interface BenchKeeperParts {
  readonly stage: Stage;
  readonly uid: string;
  readonly dataDir: string;
  readonly pgPort: number;
  readonly metricsPort: number;
  readonly args: readonly string[];
  readonly within: readonly string[];
}

/** What a keeper needs of its bench. */
export interface Acquainted {
  /** Lets the view know a new start of the keeper. */
  know(uid: string): Promise<void>;
}

export class BenchKeeper {
  readonly #bench: Acquainted;
  readonly #parts: BenchKeeperParts;
  #process: StageProcess | undefined;
  crashAt = "";

  constructor(bench: Acquainted, parts: BenchKeeperParts) {
    this.#bench = bench;
    this.#parts = parts;
  }

  get uid(): string {
    return this.#parts.uid;
  }

  get dataDir(): string {
    return this.#parts.dataDir;
  }

  get pgData(): string {
    return join(this.#parts.dataDir, "postgres");
  }

  get pgPort(): number {
    return this.#parts.pgPort;
  }

  /** Where `/metrics` and the like are served. */
  get metricsPort(): number {
    return this.#parts.metricsPort;
  }

  get process(): StageProcess {
    if (this.#process === undefined) throw new Error(`keeper ${this.uid} was never started`);
    return this.#process;
  }

  /** Starts it, and lets the view know this start. */
  async start(): Promise<void> {
    this.launch();
    await this.#bench.know(this.uid);
  }

  /** Starts it and nothing more. */
  launch(): void {
    const { stage, uid, args, within } = this.#parts;
    const command = this.crashAt === "" ? launcherCommand("keeper", args) : crashingCommand(args);
    this.#process = stage.start([...within, ...command], {
      name: uid,
      rank: "role",
      cwd: REPOSITORY,
      ...(this.crashAt === "" ? {} : { env: { CRASH_AT: this.crashAt } }),
    });
  }

  /** SIGTERM, and how it ended. */
  async stop(): Promise<Deno.CommandStatus> {
    Deno.kill(this.process.pid, "SIGTERM");
    return await this.process.status;
  }

  async kill(): Promise<void> {
    Deno.kill(this.process.pid, "SIGKILL");
    await this.process.status;
  }

  /** Pid that `postmaster.pid` names; undefined without one. */
  async postmasterPid(): Promise<number | undefined> {
    try {
      const text = await Deno.readTextFile(join(this.pgData, "postmaster.pid"));
      return Number(text.split("\n")[0]);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** SIGKILL to PostgreSQL as a whole. */
  async killPostgres(): Promise<void> {
    const pid = await this.postmasterPid();
    if (pid !== undefined) Deno.kill(pid, "SIGKILL");
  }

  /** One statement as superuser over TCP. */
  sql(statement: string): Promise<Row[]> {
    const target = {
      host: "127.0.0.1",
      port: this.pgPort,
      user: SUPERUSER,
      password: PASSWORD,
      database: "postgres",
    };
    return query(target, statement);
  }

  /** The whole log, as one text. */
  log(): Promise<string> {
    return Deno.readTextFile(this.process.logFile);
  }
}

function crashingCommand(args: readonly string[]): readonly string[] {
  const script = join(REPOSITORY, "tests/integration/harness/crashing_keeper.ts");
  return [Deno.execPath(), "run", "-q", "--no-prompt", "--cached-only", "-A", script, ...args];
}
