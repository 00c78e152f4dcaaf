/** A client that writes through the proxies and remembers what was acknowledged. */
import type { Clock } from "./clock.ts";
import type { Cluster } from "./cluster.ts";
import { Process, type Routine, TIMED_OUT } from "./process.ts";
import type { Connection, Proxy } from "./proxy.ts";
import type { Random } from "./random.ts";
import type { Position } from "./wal.ts";

const PATIENCE_MS = 5000;

type Answer = { readonly kind: "acknowledged"; readonly position: Position } | { readonly kind: "failed" };

export class Client {
  readonly #process: Process;
  readonly #random: Random;
  acknowledged = 0;
  lastAcknowledgedMs = 0;

  constructor(private readonly cluster: Cluster, private readonly node: string, clock: Clock) {
    this.#process = new Process(cluster.world, node, clock);
    this.#random = cluster.random.fork(node);
  }

  start(): void {
    this.#process.start(this.#loop());
  }

  *#loop(): Routine {
    while (true) {
      const proxy = this.#random.pick(this.cluster.proxies);
      const connection = proxy.connect();
      if (connection !== undefined) yield* this.#write(proxy, connection);
      yield* this.#process.sleep(this.#random.between(300, 1500));
    }
  }

  /** Writes until something fails, or it has been enough. */
  *#write(proxy: Proxy, connection: Connection): Routine {
    for (let writes = this.#random.integer(1, 20); writes > 0; writes--) {
      const answer = yield* this.#process.await<Answer>(
        (resume) => this.#send({ proxy, connection, resume }),
        PATIENCE_MS,
      );
      if (answer === TIMED_OUT || answer.kind === "failed") break;
      this.acknowledged++;
      this.lastAcknowledgedMs = this.cluster.world.nowMs;
      this.cluster.checkers.acknowledged(answer.position);
      yield* this.#process.sleep(this.#random.between(100, 900));
    }
    proxy.close(connection);
  }

  #send(way: { proxy: Proxy; connection: Connection; resume: (answer: Answer) => void }): void {
    const { proxy, connection, resume } = way;
    const { network } = this.cluster;
    connection.onDrop = () => resume({ kind: "failed" });
    network.send(this.node, proxy.node, () => {
      if (!proxy.maypass(connection)) return resume({ kind: "failed" });
      this.#forward(way);
    });
  }

  #forward(
    { proxy, connection, resume }: { proxy: Proxy; connection: Connection; resume: (answer: Answer) => void },
  ): void {
    const { network, machines } = this.cluster;
    const machine = machines.find((one) => one.address === connection.target.host);
    if (machine === undefined) return;
    const reply = (answer: Answer) =>
      network.send(machine.name, proxy.node, () => {
        if (proxy.maypass(connection)) network.send(proxy.node, this.node, () => resume(answer));
      });
    network.send(proxy.node, machine.name, () => {
      const { server } = machine;
      if (server === undefined || !server.answers) return reply({ kind: "failed" });
      if (server.inRecovery || !server.settings.clientsAllowed) return reply({ kind: "failed" });
      server.commit(
        this.#random.integer(100, 20_000),
        (position) => reply({ kind: "acknowledged", position }),
      );
    });
  }
}
