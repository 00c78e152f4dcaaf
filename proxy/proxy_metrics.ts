/** What Prometheus can ask of a proxy. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Refusal, Target } from "./route.ts";
import type { ByteCount } from "./splice.ts";

/** Why a client was closed without being served. */
export type RefusedReason = Refusal | "connect_failed" | "stopping";

/** What the gauges show at the moment of a scrape. */
export interface ProxyState {
  readonly openConnections: number;
  /** Undefined: there is no right to forward. */
  readonly remainingMs: number | undefined;
  readonly generation: number | undefined;
  readonly target: Target | undefined;
  readonly listening: boolean;
}

/** Bytes are counted in plain numbers, since they are counted at every write. */
export class ProxyMetrics {
  readonly toServer: ByteCount = { bytes: 0 };
  readonly toClient: ByteCount = { bytes: 0 };
  readonly accepted: Counter;
  readonly refused: Counter<"reason">;
  readonly dropped: Counter;
  readonly connectSeconds: Histogram;
  readonly looks: Counter<"result">;

  constructor(registry: Registry, state: () => ProxyState) {
    const registers = [registry];
    const named = (name: string, help: string) => ({ name: `stolon_proxy_${name}`, help, registers });
    this.accepted = new Counter(
      named("connections_accepted_total", "Clients for whom a connect was begun."),
    );
    this.refused = new Counter({
      ...named("connections_refused_total", "Clients that were closed without being served, by reason."),
      labelNames: ["reason"],
    });
    this.dropped = new Counter(
      named("connections_dropped_total", "Connections that were cut because they were no longer allowed."),
    );
    this.connectSeconds = new Histogram({
      ...named("connect_seconds", "Time that connecting to the primary took."),
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    });
    this.looks = new Counter({
      ...named("looks_total", "Looks at the store, by result: good or failed."),
      labelNames: ["result"],
    });
    this.#countBytes(named("bytes_total", "Bytes moved, by direction: to_server or to_client."));
    showState(named, state);
  }

  #countBytes(named: { name: string; help: string; registers: Registry[] }): void {
    const counts = { to_server: this.toServer, to_client: this.toClient };
    new Counter({
      ...named,
      labelNames: ["direction"],
      collect() {
        this.reset();
        for (const [direction, count] of Object.entries(counts)) this.inc({ direction }, count.bytes);
      },
    });
  }
}

type Named = (name: string, help: string) => { name: string; help: string; registers: Registry[] };

function showState(named: Named, state: () => ProxyState): void {
  const gauge = (name: string, help: string, value: (state: ProxyState) => number) =>
    new Gauge({
      ...named(name, help),
      collect() {
        this.set(value(state()));
      },
    });
  gauge("connections_open", "Connections that are open or being opened.", (now) => now.openConnections);
  gauge("listening", "1 while the proxy listens for clients.", (now) => now.listening ? 1 : 0);
  gauge(
    "deadline_seconds",
    "Seconds until everything is dropped unless the store is read before; 0: nothing is forwarded.",
    (now) => Math.max(now.remainingMs ?? 0, 0) / 1000,
  );
  gauge(
    "generation",
    "Generation of the proxy object that is obeyed; 0: none.",
    (now) => now.generation ?? 0,
  );
  new Gauge({
    ...named("target", "1 for the db and the address that clients are connected to."),
    labelNames: ["db", "address"],
    collect() {
      const { target } = state();
      this.reset();
      if (target !== undefined) this.set({ db: target.dbUid, address: `${target.ip}:${target.port}` }, 1);
    },
  });
}
