/** One role as a real process, under the real launcher and its permission set, that can be killed and started again. */
import { freezeProcess } from "../../servers/freeze.ts";
import { isAlive, REPOSITORY } from "./machine.ts";
import type { Stage, StageProcess } from "./stage.ts";

/** Programs that the launcher starts. */
export type RoleName = "keeper" | "sentinel" | "proxy" | "ctl";

export interface RoleProcessOptions {
  readonly role: RoleName;
  /** Such as `keeper1`; also the name of its log file. */
  readonly name: string;
  readonly args: readonly string[];
}

/** What starts a role, as `deno task <role>` does. */
export function launcherCommand(role: RoleName, args: readonly string[]): string[] {
  return ["/bin/sh", `${REPOSITORY}/scripts/role`, Deno.execPath(), role, ...args];
}

export class RoleProcess {
  readonly name: string;
  readonly #stage: Stage;
  readonly #options: RoleProcessOptions;
  #process: StageProcess | undefined;

  constructor(stage: Stage, options: RoleProcessOptions) {
    this.#stage = stage;
    this.#options = options;
    this.name = options.name;
  }

  /** Starts it (again). Its log goes on in the same file. */
  start(): void {
    const { role, name, args } = this.#options;
    this.#process = this.#stage.start(launcherCommand(role, args), { name, rank: "role", cwd: REPOSITORY });
  }

  get #started(): StageProcess {
    if (this.#process === undefined) throw new Error(`${this.name} was never started`);
    return this.#process;
  }

  get pid(): number {
    return this.#started.pid;
  }

  get logFile(): string {
    return this.#started.logFile;
  }

  isRunning(): Promise<boolean> {
    return isAlive(this.pid);
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    Deno.kill(this.pid, "SIGKILL");
    await this.#started.status;
  }

  /** SIGTERM; resolves with how it ended. */
  stop(): Promise<Deno.CommandStatus> {
    Deno.kill(this.pid, "SIGTERM");
    return this.#started.status;
  }

  /** How it ended, once it has. */
  get status(): Promise<Deno.CommandStatus> {
    return this.#started.status;
  }

  /** SIGSTOP: it stands still and knows nothing of it. */
  freeze(): void {
    freezeProcess(this.pid);
  }

  /** SIGCONT. */
  thaw(): void {
    Deno.kill(this.pid, "SIGCONT");
  }
}
