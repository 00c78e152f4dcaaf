/** The three acts: the cluster comes up, loses its primary, takes it back. */
import { join } from "node:path";
import { type ClusterData, sortedKeys } from "../../cluster/clusterdata.ts";
import { describeError } from "../../common/errors.ts";
import {
  type Cluster,
  dbsInService,
  findMaster,
  type KeeperProcess,
  SUPERUSER,
  type Writer,
} from "../../tests/integration/harness/mod.ts";
import type { Narrator } from "./narrator.ts";
import { endProgress, heading, say, showProgress } from "./screen.ts";

const BRING_UP_LIMIT_MS = 120_000;
const FAILOVER_LIMIT_MS = 90_000;

/** First act: starts the roles, shows how far they are, and how to connect. */
export async function bringUp(cluster: Cluster): Promise<void> {
  heading("The cluster comes up");
  const startMs = performance.now();
  cluster.startRoles();
  const show = async () => showProgress(await stateOf(cluster), performance.now() - startMs);
  const progress = setInterval(show, 200);
  try {
    await cluster.waitSettled({ timeoutMs: BRING_UP_LIMIT_MS });
  } finally {
    clearInterval(progress);
  }
  await show();
  endProgress();
  await showStatus(cluster);
  await showHowToConnect(cluster);
}

async function stateOf(cluster: Cluster): Promise<string> {
  let data: ClusterData | null;
  try {
    data = (await cluster.view.readClusterData()).data;
  } catch (error) {
    return `the store cannot be read: ${describeError(error)}`;
  }
  if (data === null) return "waiting for a sentinel to write the first cluster view";
  const master = findMaster(data);
  const count = (n: number, of: number) => `${n}/${of}`;
  return [
    `keepers seen ${count(sortedKeys(data.keepers).length, cluster.keepers.length)}`,
    `in service ${count(dbsInService(data).length, cluster.keepers.length)}`,
    `primary ${master?.keeperUid ?? "none yet"}`,
    `proxies forwarding ${count(data.proxy.spec.enabledProxies.length, cluster.proxies.length)}`,
  ].join("   ");
}

/** The table of `stolonctl status`. */
export async function showStatus(cluster: Cluster): Promise<void> {
  const { code, stdout, stderr } = await cluster.ctl("status");
  if (code !== 0) throw new Error(`stolonctl status failed: ${stderr}`);
  say();
  say(stdout.trimEnd());
}

async function showHowToConnect(cluster: Cluster): Promise<void> {
  const { host, port, user, password, database } = cluster.throughProxy();
  const passFile = join(cluster.directory, "pgpass");
  await Deno.writeTextFile(passFile, `${host}:*:*:${user}:${password}\n`, { mode: 0o600 });
  const { kind, endpoint, clusterName } = cluster.storeFlags;
  heading("Connect, through the proxy");
  say(`  PGPASSFILE=${passFile} psql -h ${host} -p ${port} -U ${SUPERUSER} ${database}`);
  say("Look at the cluster");
  say(
    `  deno task ctl status --cluster-name ${clusterName} --store-backend ${kind} --store-endpoints ${endpoint}`,
  );
}

/** Second act: kills the primary and waits until writes are acknowledged again. Resolves with the keeper killed. */
export async function failOver(
  cluster: Cluster,
  { writer, narrator }: { readonly writer: Writer; readonly narrator: Narrator },
): Promise<KeeperProcess> {
  const { keeper } = await cluster.master();
  heading(`${keeper.uid}, the primary's keeper, and its PostgreSQL are killed (SIGKILL)`);
  await narrator.start(Date.now());
  const killedMs = performance.now();
  await keeper.killWithPostgres();
  narrator.tell(keeper.name, "dead, and its PostgreSQL with it");
  const clock = secondHand(writer, { narrator, killedMs });
  try {
    await cluster.waitForMasterOtherThan(keeper.uid, { timeoutMs: FAILOVER_LIMIT_MS });
    const again = await writer.acknowledgedAfter(killedMs + 1_000, FAILOVER_LIMIT_MS);
    narrator.tell("writes", `acknowledged again (write ${again.id})`);
  } finally {
    clearInterval(clock);
    await narrator.stop();
  }
  await judge(writer, killedMs);
  return keeper;
}

/** Says each second how long no write has been acknowledged. */
function secondHand(
  writer: Writer,
  { narrator, killedMs }: { readonly narrator: Narrator; readonly killedMs: number },
): ReturnType<typeof setInterval> {
  return setInterval(() => {
    const lastMs = writer.acknowledged.at(-1)?.atMs ?? killedMs;
    const outMs = performance.now() - lastMs;
    if (outMs < 900) return;
    const why = writer.lastError === undefined ? "" : `; the last attempt: ${writer.lastError.message}`;
    narrator.tell("writes", `none acknowledged for ${Math.round(outMs / 1000)} s${why}`);
  }, 1_000);
}

/** A write that was acknowledged and is not there. */
export class LostWritesError extends Error {
  override readonly name = "LostWritesError";
}

/**
 * Says how long writes were out since then (by `performance.now()`), and whether an acknowledged one is missing.
 * @throws {LostWritesError} when one is
 */
export async function judge(writer: Writer, sinceMs?: number): Promise<void> {
  const missing = await writer.missing();
  say();
  if (sinceMs !== undefined) {
    say(`Writes were out for ${(writer.longestOutage(sinceMs).lengthMs / 1000).toFixed(1)} s.`);
  }
  const verdict = missing.length === 0 ? "none is" : `${missing.length} are`;
  say(`Of ${writer.acknowledged.length} acknowledged writes ${verdict} missing.`);
  if (missing.length > 0) throw new LostWritesError(`acknowledged writes are missing: ${missing.join(", ")}`);
}

/** Third act: the killed keeper is started again and becomes a standby. */
export async function rejoin(
  cluster: Cluster,
  { keeper, narrator }: { readonly keeper: KeeperProcess; readonly narrator: Narrator },
): Promise<void> {
  heading(`${keeper.uid} is started again`);
  await narrator.start(Date.now());
  const startMs = performance.now();
  keeper.start();
  try {
    await cluster.waitSettled({ timeoutMs: BRING_UP_LIMIT_MS });
  } finally {
    await narrator.stop();
  }
  say();
  say(`${keeper.uid} is back as a standby after ${((performance.now() - startMs) / 1000).toFixed(1)} s.`);
  await showStatus(cluster);
}
