/** A real etcd of one node on the stage. */
import { freezeProcess } from "../../servers/freeze.ts";
import { join } from "node:path";
import { ensureEtcd } from "../../../scripts/setup.ts";
import { output } from "./machine.ts";
import type { Stage, StageProcess } from "./stage.ts";
import { waitUntil } from "./wait.ts";

/** A single etcd server that can be stopped and started again with its data. */
export class EtcdProcess {
  readonly #stage: Stage;
  readonly #clientPort: number;
  readonly #peerPort: number;
  #process: StageProcess | undefined;

  constructor(stage: Stage, ports: { readonly clientPort: number; readonly peerPort: number }) {
    this.#stage = stage;
    this.#clientPort = ports.clientPort;
    this.#peerPort = ports.peerPort;
  }

  /** What `--store-endpoints` wants. */
  get endpoint(): string {
    return `http://127.0.0.1:${this.#clientPort}`;
  }

  get #started(): StageProcess {
    if (this.#process === undefined) throw new Error("etcd was never started");
    return this.#process;
  }

  /** Starts it (again); resolves when it serves. */
  async start(): Promise<void> {
    const peer = `http://127.0.0.1:${this.#peerPort}`;
    const flags = {
      "name": "default",
      "data-dir": join(this.#stage.directory, "etcd"),
      "listen-client-urls": this.endpoint,
      "advertise-client-urls": this.endpoint,
      "listen-peer-urls": peer,
      "initial-advertise-peer-urls": peer,
      "initial-cluster": `default=${peer}`,
    };
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    this.#process = this.#stage.start([(await ensureEtcd()).etcd, ...args], { name: "etcd", rank: "server" });
    await waitUntil("etcd serves", () => this.#answers(), { everyMs: 100 });
  }

  /** SIGKILL: the store is gone. */
  async kill(): Promise<void> {
    Deno.kill(this.#started.pid, "SIGKILL");
    await this.#started.status;
  }

  /** SIGSTOP: connections stay open and nobody answers. */
  freeze(): void {
    freezeProcess(this.#started.pid);
  }

  /** SIGCONT. */
  thaw(): void {
    Deno.kill(this.#started.pid, "SIGCONT");
  }

  async #answers(): Promise<boolean> {
    await output((await ensureEtcd()).etcdctl, [
      "--endpoints",
      this.endpoint,
      "--command-timeout=2s",
      "endpoint",
      "health",
    ]);
    return true;
  }
}
