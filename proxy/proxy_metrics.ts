/** What Prometheus can ask of a proxy. The lanes count; whoever asks gets the sums. */
import { Counter, Gauge, type Registry } from "prom-client";
import { CONNECT_BUCKETS, type LaneCounters, REFUSED_REASONS } from "./lane/counters.ts";
import type { Target } from "./route.ts";

/** What the gauges show at the moment of a scrape. */
export interface ProxyState {
  readonly openConnections: number;
  /** Undefined: there is no right to forward. */
  readonly remainingMs: number | undefined;
  readonly generation: number | undefined;
  readonly target: Target | undefined;
  readonly listening: boolean;
}

export interface ProxyMetricsOptions {
  readonly lanes: readonly LaneCounters[];
  readonly state: () => ProxyState;
}

/** See the module. */
export class ProxyMetrics {
  readonly looks: Counter<"result">;

  constructor(registry: Registry, { lanes, state }: ProxyMetricsOptions) {
    const registers = [registry];
    const named: Named = (name, help) => ({ name: `stolon_proxy_${name}`, help, registers });
    this.looks = new Counter({
      ...named("looks_total", "Looks at the store, by result: good or failed."),
      labelNames: ["result"],
    });
    const sum = (of: (lane: LaneCounters) => number) => lanes.reduce((total, lane) => total + of(lane), 0);
    showCounts(named, sum);
    showConnectTimes(registry, sum);
    showState(named, state);
  }
}

type Named = (name: string, help: string) => { name: string; help: string; registers: Registry[] };
type Sum = (of: (lane: LaneCounters) => number) => number;

function showCounts(named: Named, sum: Sum): void {
  const counter = (name: string, help: string, value: () => number) =>
    new Counter({
      ...named(name, help),
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  counter(
    "connections_accepted_total",
    "Clients for whom a connect was begun.",
    () => sum((lane) => lane.get("accepted")),
  );
  counter(
    "connections_dropped_total",
    "Connections that were cut because they were no longer allowed.",
    () => sum((lane) => lane.get("dropped")),
  );
  new Counter({
    ...named("connections_refused_total", "Clients that were closed without being served, by reason."),
    labelNames: ["reason"],
    collect() {
      this.reset();
      for (const reason of REFUSED_REASONS) {
        const refused = sum((lane) => lane.refused(reason));
        if (refused > 0) this.inc({ reason }, refused);
      }
    },
  });
  new Counter({
    ...named("bytes_total", "Bytes moved, by direction: to_server or to_client."),
    labelNames: ["direction"],
    collect() {
      this.reset();
      this.inc({ direction: "to_server" }, sum((lane) => lane.get("toServer")));
      this.inc({ direction: "to_client" }, sum((lane) => lane.get("toClient")));
    },
  });
}

interface HistogramLine {
  readonly metricName: string;
  readonly labels: { readonly le?: number | "+Inf" };
  readonly value: number;
}

/** A histogram whose figures others have counted: prom-client's own can only be told one observation after the other. */
function showConnectTimes(registry: Registry, sum: Sum): void {
  const name = "stolon_proxy_connect_seconds";
  const help = "Time that connecting to the primary took.";
  const get = () => {
    let below = 0;
    const values: HistogramLine[] = CONNECT_BUCKETS.map((le, bucket) => {
      below += sum((lane) => lane.connectsIn(bucket));
      return { metricName: `${name}_bucket`, labels: { le }, value: below };
    });
    const connects = sum((lane) => lane.get("connects"));
    values.push(
      { metricName: `${name}_bucket`, labels: { le: "+Inf" }, value: connects },
      { metricName: `${name}_sum`, labels: {}, value: sum((lane) => lane.get("connectSeconds")) },
      { metricName: `${name}_count`, labels: {}, value: connects },
    );
    return { name, help, type: "histogram", values, aggregator: "sum" };
  };
  // Its types know its own metrics alone; it prints whatever has a name and such a `get`.
  registry.registerMetric({ name, help, type: "histogram", get } as unknown as Counter);
}

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
