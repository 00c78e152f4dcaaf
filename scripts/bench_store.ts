/**
 * `deno task bench:store`: what the stores cost, each on its real server on this machine. Prints a table; `--only=etcdv3`
 * measures one backend.
 */
import { join } from "node:path";
import { contractOptions } from "../tests/store/contract/mod.ts";
import { openStore } from "../store/open.ts";
import type { StoreOptions } from "../store/options.ts";
import type { Store } from "../store/store.ts";
import { consulMissing, startConsul } from "../tests/servers/consul.ts";
import { startEtcd } from "../tests/servers/etcd.ts";
import { say } from "./apt.ts";

const CALLS = 500;
const WATCH_ROUNDS = 100;
const IDLE_MS = 15_000;
/** As large as the document of a small cluster. */
const VALUE_BYTES = 4096;

interface Figures {
  readonly readsMs: number;
  readonly swapsMs: number;
  /** Median and 95th percentile. */
  readonly watchMs: readonly [number, number];
  /** Resident memory of a process that watches, publishes and does nothing else. */
  readonly idleMiB: number;
  /** Until such a process has made its first read. */
  readonly firstReadMs: number;
}

const STARTS: Readonly<Record<string, () => Promise<AsyncDisposable & { readonly options: StoreOptions }>>> =
  {
    async sqlite() {
      const directory = await Deno.makeTempDir({ prefix: "bench-" });
      return {
        options: contractOptions("sqlite", [`file://${join(directory, "store.db")}`]),
        [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
      };
    },
    async etcdv3() {
      const server = await startEtcd();
      return {
        options: contractOptions("etcdv3", [server.endpoint]),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
    async consul() {
      const server = await startConsul();
      return {
        options: contractOptions("consul", [server.endpoint]),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  };

async function measure(options: StoreOptions): Promise<Figures> {
  const store = await openStore(options);
  const other = await openStore(options);
  try {
    await store.put("clusterdata", "x".repeat(VALUE_BYTES));
    return {
      readsMs: await timed(() => reads(store)),
      swapsMs: await timed(() => swaps(store)),
      watchMs: await watchLatency(store, other),
      ...await idleProcess(options),
    };
  } finally {
    await store.close();
    await other.close();
  }
}

async function reads(store: Store): Promise<void> {
  for (let call = 0; call < CALLS; call++) await store.get("clusterdata");
}

async function swaps(store: Store): Promise<void> {
  let revision = (await store.get("clusterdata"))?.revision;
  for (let call = 0; call < CALLS; call++) {
    const value = String(call).padEnd(VALUE_BYTES, "x");
    revision = await store.compareAndSwap("clusterdata", value, revision);
  }
}

/** From the start of a write by one client to the hint at another. */
async function watchLatency(store: Store, writer: Store): Promise<readonly [number, number]> {
  const end = new AbortController();
  let onHint = () => {};
  const watching = (async () => {
    for await (const _ of store.watch("watched", { signal: end.signal })) onHint();
  })();
  await pause(1000);
  const times: number[] = [];
  for (let round = 0; round < WATCH_ROUNDS; round++) {
    const { promise, resolve } = Promise.withResolvers<void>();
    onHint = resolve;
    const startedAt = performance.now();
    await writer.put("watched", String(round));
    await promise;
    times.push(performance.now() - startedAt);
  }
  end.abort();
  await watching;
  times.sort((a, b) => a - b);
  return [times[Math.floor(times.length / 2)] ?? 0, times[Math.floor(times.length * 0.95)] ?? 0];
}

async function idleProcess(options: StoreOptions): Promise<Pick<Figures, "idleMiB" | "firstReadMs">> {
  const startedAt = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", import.meta.filename ?? "", "--idle", JSON.stringify(options)],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  await lines.read();
  const firstReadMs = performance.now() - startedAt;
  const { value } = await lines.read();
  await lines.cancel();
  await child.status;
  return { idleMiB: Number(value) / 1024 / 1024, firstReadMs };
}

/** The idle client itself: says when it has read, and later how much memory it holds. */
async function idle(options: StoreOptions): Promise<void> {
  const store = await openStore(options);
  const end = new AbortController();
  const watching = (async () => {
    for await (const _ of store.watch("clusterdata", { signal: end.signal }));
  })();
  await store.get("clusterdata");
  print("read\n");
  await store.put("keepers/info/idle", "{}", { ttlMs: 60_000 });
  await pause(IDLE_MS);
  print(`${Deno.memoryUsage().rss}\n`);
  end.abort();
  await store.close();
  await watching;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

async function main(only: string | undefined): Promise<void> {
  print(`backend  ${CALLS} reads  ${CALLS} swaps  watch median/95%  idle memory  start to first read\n`);
  for (const [name, start] of Object.entries(STARTS)) {
    if (only !== undefined && only !== name) continue;
    const missing = name === "consul" ? await consulMissing() : undefined;
    if (missing !== undefined) {
      say(`consul is not measured: ${missing}`);
      continue;
    }
    await using site = await start();
    const { readsMs, swapsMs, watchMs, idleMiB, firstReadMs } = await measure(site.options);
    const cells = [
      name.padEnd(7),
      `${readsMs.toFixed(0)} ms`.padStart(9),
      `${swapsMs.toFixed(0)} ms`.padStart(9),
      `${watchMs[0].toFixed(1)}/${watchMs[1].toFixed(1)} ms`.padStart(16),
      `${idleMiB.toFixed(0)} MiB`.padStart(11),
      `${firstReadMs.toFixed(0)} ms`.padStart(19),
    ];
    print(`${cells.join("  ")}\n`);
  }
}

if (Deno.args[0] === "--idle") await idle(JSON.parse(Deno.args[1] ?? ""));
else await main(Deno.args.find((arg) => arg.startsWith("--only="))?.slice("--only=".length));
