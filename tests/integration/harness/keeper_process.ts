/** A keeper and the PostgreSQL that it manages, as two things that can be killed. */
import { join } from "node:path";
import { isAlive } from "./machine.ts";
import { RoleProcess, type RoleProcessOptions } from "./role_process.ts";
import type { Stage } from "./stage.ts";
import { waitUntil } from "./wait.ts";

export interface KeeperProcessOptions extends RoleProcessOptions {
  readonly uid: string;
  readonly dataDir: string;
  readonly pgPort: number;
  /** Where it answers over HTTP. */
  readonly metricsPort: number;
}

export class KeeperProcess extends RoleProcess {
  readonly uid: string;
  readonly dataDir: string;
  readonly pgPort: number;
  readonly metricsPort: number;
  readonly #stage: Stage;

  constructor(stage: Stage, options: KeeperProcessOptions) {
    super(stage, options);
    this.#stage = stage;
    this.uid = options.uid;
    this.dataDir = options.dataDir;
    this.pgPort = options.pgPort;
    this.metricsPort = options.metricsPort;
  }

  /** PostgreSQL's own data directory. */
  get pgData(): string {
    return join(this.dataDir, "postgres");
  }

  /** Pid of the running postmaster; undefined when there is none. */
  async postmasterPid(): Promise<number | undefined> {
    const pid = Number((await this.#postmasterFile())[0]);
    return pid > 0 && await isAlive(pid) ? pid : undefined;
  }

  /** SIGKILL to the postmaster; its children follow by themselves. Resolves when all of it is gone. */
  async killPostgres(): Promise<void> {
    const pid = await this.postmasterPid();
    if (pid === undefined) throw new Error(`no PostgreSQL runs in ${this.pgData}`);
    await this.#noteSharedMemory(pid);
    Deno.kill(pid, "SIGKILL");
    await waitUntil(`PostgreSQL of ${this.name} gone`, async () => !await isAlive(pid));
  }

  /** What the death of the machine would be: keeper and PostgreSQL gone in one instant. */
  async killWithPostgres(): Promise<void> {
    const pid = await this.postmasterPid();
    if (pid === undefined) throw new Error(`no PostgreSQL runs in ${this.pgData}`);
    await this.#noteSharedMemory(pid);
    Deno.kill(this.pid, "SIGKILL");
    Deno.kill(pid, "SIGKILL");
    await this.status;
    await waitUntil(`PostgreSQL of ${this.name} gone`, async () => !await isAlive(pid));
  }

  /** A killed PostgreSQL can't give back its shared memory: the stage does it at the end. */
  async #noteSharedMemory(pid: number): Promise<void> {
    const maps = await Deno.readTextFile(`/proc/${pid}/maps`);
    for (const file of new Set(maps.match(/\/dev\/shm\/PostgreSQL\.\d+/g))) {
      await this.#stage.noteLeftover("shm", file);
    }
    const segment = (await this.#postmasterFile())[6]?.trim().split(/\s+/)[1];
    if (segment !== undefined) await this.#stage.noteLeftover("ipc", segment);
  }

  async #postmasterFile(): Promise<string[]> {
    try {
      return (await Deno.readTextFile(join(this.pgData, "postmaster.pid"))).split("\n");
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }
}
