/** The whole evening: the stage is set, the acts are played, the stage is cleared, whatever happened. */
import type { ClusterSpec } from "../../cluster/spec.ts";
import { describeError } from "../../common/errors.ts";
import { Cluster, type Writer } from "../../tests/integration/harness/mod.ts";
import { bringUp, failOver, judge, rejoin } from "./acts.ts";
import { holdDirectory } from "./kept_directory.ts";
import { Narrator } from "./narrator.ts";
import type { DemoOptions } from "./options.ts";
import { heading, say } from "./screen.ts";

/** Short intervals, so that nobody has to wait 20 s for a failover; the defaults suit production. */
const SPEC: ClusterSpec = {
  sleepInterval: "1s",
  requestTimeout: "5s",
  failInterval: "5s",
  proxyCheckInterval: "1s",
  proxyTimeout: "3s",
  synchronousReplication: true,
};
const SIZE = { keepers: 3, sentinels: 2, proxies: 1 };

/** Plays everything; resolves with the exit code when the stage is cleared. */
export async function perform(options: DemoOptions, signal: AbortSignal): Promise<number> {
  const { store, keepIn } = options;
  using _held = keepIn === undefined ? null : await holdDirectory(keepIn);
  const cluster = await Cluster.prepare({
    ...SIZE,
    store,
    spec: SPEC,
    clusterName: "demo",
    prefix: "stolon-demo-",
    ...(keepIn === undefined ? {} : { keepIn }),
  });
  introduce(cluster);
  const code = await playOn(cluster, { options, signal });
  say();
  say(`Stopping everything${signal.aborted ? ` (${signal.reason})` : ""} ...`);
  await cluster.end();
  say(
    keepIn === undefined ? `Nothing is left: ${cluster.directory} is removed.` : `The data is in ${keepIn}.`,
  );
  return code;
}

function introduce(cluster: Cluster): void {
  const { kind, endpoint } = cluster.storeFlags;
  heading("PostgreSQL high availability: a cluster that survives the loss of its primary");
  say(
    `  ${SIZE.keepers} keepers, ${SIZE.sentinels} sentinels and ${SIZE.proxies} proxy, each a process of its own with its own permissions`,
  );
  say(`  store      ${kind}, ${endpoint}`);
  say(`  directory  ${cluster.directory}`);
  const { sleepInterval, failInterval, proxyTimeout } = SPEC;
  say(
    `  spec       synchronous replication; sleepInterval ${sleepInterval}, failInterval ${failInterval}, proxyTimeout ${proxyTimeout} (defaults: 5s, 20s, 15s)`,
  );
}

/** Exit code 0 when every act that was to be played went well. */
async function playOn(
  cluster: Cluster,
  { options, signal }: { readonly options: DemoOptions; readonly signal: AbortSignal },
): Promise<number> {
  await using writer = cluster.writer({ pauseMs: 20 });
  const stopped = new Promise<"stopped">((resolve) =>
    signal.addEventListener("abort", () => resolve("stopped"), { once: true })
  );
  try {
    const ending = signal.aborted ? "stopped" : await Promise.race([playActs(cluster, writer), stopped]);
    if (ending === "stopped") return 1;
    if (options.once) return 0;
    await playOnWithUser(cluster, { writer, stopped });
    return 0;
  } catch (error) {
    say();
    say(`The demo failed: ${describeError(error)}`);
    say(await cluster.logTails());
    return 1;
  }
}

async function playActs(cluster: Cluster, writer: Writer): Promise<"played"> {
  await bringUp(cluster);
  heading(
    "A client writes through the proxy without pause; each write is on two machines before it is acknowledged",
  );
  await writer.start();
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  say(`  ${writer.acknowledged.length} writes acknowledged in the first 3 s`);
  const narrator = new Narrator(cluster);
  const keeper = await failOver(cluster, { writer, narrator });
  await rejoin(cluster, { keeper, narrator });
  await judge(writer);
  return "played";
}

async function playOnWithUser(
  cluster: Cluster,
  { writer, stopped }: { readonly writer: Writer; readonly stopped: Promise<"stopped"> },
): Promise<void> {
  heading("The cluster and the writes go on: play with it. Ctrl-C stops and removes everything.");
  const proxies = cluster.proxies.map(({ process }) => process);
  for (const { name, pid } of [...cluster.keepers, ...cluster.sentinels, ...proxies]) {
    say(`  ${name.padEnd(10)} pid ${pid}`);
  }
  const narrator = new Narrator(cluster);
  const startMs = performance.now();
  await narrator.start(Date.now());
  await stopped;
  await narrator.stop();
  await judge(writer, startMs);
}
