/** Everything of a cluster that is there before its first role starts: directory, ports, files, store, command lines. */
import { join } from "node:path";
import type { ClusterSpec } from "../../../cluster/spec.ts";
import { ensurePostgres } from "../../../scripts/setup.ts";
import { ClusterStore } from "../../../store/cluster_store.ts";
import { openStore } from "../../../store/open.ts";
import {
  type ClusterFiles,
  clusterFiles,
  keeperArgs,
  proxyArgs,
  roleArgs,
  sentinelArgs,
  type StoreFlags,
  type StoreKind,
} from "./cluster_flags.ts";
import { EtcdProcess } from "./etcd.ts";
import { KeeperProcess } from "./keeper_process.ts";
import { type Owner, postgresOwner } from "./machine.ts";
import { PortPool } from "./ports.ts";
import { RoleProcess } from "./role_process.ts";
import { Stage } from "./stage.ts";

export interface ClusterOptions {
  readonly keepers: number;
  readonly sentinels: number;
  readonly proxies: number;
  readonly store: StoreKind;
  /** `initMode: new` is added. */
  readonly spec?: ClusterSpec;
  readonly clusterName?: string;
  readonly logLevel?: string;
  /** Beginning of the directory's name. */
  readonly prefix?: string;
  /** Use this directory and leave the data in it. */
  readonly keepIn?: string;
}

/** A proxy and where it listens. */
export interface ProxyProcess {
  readonly process: RoleProcess;
  readonly port: number;
}

export interface ClusterParts {
  readonly stage: Stage;
  readonly ports: PortPool;
  readonly store: StoreFlags;
  readonly etcd: EtcdProcess | undefined;
  readonly password: string;
  readonly keepers: readonly KeeperProcess[];
  readonly sentinels: readonly RoleProcess[];
  readonly proxies: readonly ProxyProcess[];
  readonly view: ClusterStore;
}

interface Ground {
  readonly stage: Stage;
  readonly ports: PortPool;
  readonly files: ClusterFiles;
  /** Arguments that every role gets. */
  readonly common: readonly string[];
}

/** Prepares the parts. The store serves; no role runs. */
export async function prepareParts(options: ClusterOptions): Promise<ClusterParts> {
  const { binDir } = await ensurePostgres();
  const { prefix = "stolon-test-", keepIn } = options;
  const stage = await Stage.open({ prefix, ...(keepIn === undefined ? {} : { keepIn }) });
  const ports = new PortPool();
  try {
    const owner = await postgresOwner();
    const files = clusterFiles(stage.directory);
    const password = await writeFiles(files, { spec: options.spec ?? {}, owner });
    const etcd = options.store === "etcdv3" ? await startEtcd(stage, ports) : undefined;
    const endpoint = etcd?.endpoint ?? await prepareSqlite(stage, owner);
    const store = { kind: options.store, endpoint, clusterName: options.clusterName ?? "test" };
    const ground = { stage, ports, files, common: roleArgs(store, options.logLevel ?? "info") };
    return {
      stage,
      ports,
      store,
      etcd,
      password,
      keepers: await prepareEach(options.keepers, (i) => prepareKeeper(ground, `keeper${i}`, binDir)),
      sentinels: await prepareEach(options.sentinels, (i) => prepareSentinel(ground, `sentinel${i}`)),
      proxies: await prepareEach(options.proxies, (i) => prepareProxy(ground, `proxy${i}`)),
      view: await openView(store),
    };
  } catch (error) {
    await stage.end();
    await ports.release();
    throw error;
  }
}

async function prepareEach<T>(count: number, prepare: (index: number) => T | Promise<T>): Promise<T[]> {
  return await Promise.all(Array.from({ length: count }, (_, index) => prepare(index)));
}

async function prepareKeeper(ground: Ground, uid: string, pgBinPath: string): Promise<KeeperProcess> {
  const { stage, ports, files, common } = ground;
  const pgPort = await ports.take();
  await stage.noteLeftover("port", pgPort);
  const dataDir = join(stage.directory, uid);
  const metricsPort = await ports.take();
  const args = [...common, ...keeperArgs({ uid, dataDir, pgPort, pgBinPath, metricsPort, files })];
  return new KeeperProcess(stage, { role: "keeper", name: uid, args, uid, dataDir, pgPort, metricsPort });
}

function prepareSentinel({ stage, files, common }: Ground, name: string): RoleProcess {
  return new RoleProcess(stage, { role: "sentinel", name, args: [...common, ...sentinelArgs(files)] });
}

async function prepareProxy({ stage, ports, common }: Ground, name: string): Promise<ProxyProcess> {
  const port = await ports.take();
  return {
    port,
    process: new RoleProcess(stage, { role: "proxy", name, args: [...common, ...proxyArgs(port)] }),
  };
}

/** Writes the spec and the password files; returns the superuser's password. */
async function writeFiles(
  files: ClusterFiles,
  { spec, owner }: { readonly spec: ClusterSpec; readonly owner: Owner | undefined },
): Promise<string> {
  await Deno.writeTextFile(files.spec, JSON.stringify({ initMode: "new", ...spec }));
  await makePassword(files.replicationPassword, owner);
  return await makePassword(files.superuserPassword, owner);
}

/**
 * A new password in a file that only its owner can read; under root that is the user that keepers become. One that a kept
 * directory has already stays: the instances there were made with it.
 */
async function makePassword(path: string, owner: Owner | undefined): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const password = crypto.randomUUID();
  await Deno.writeTextFile(path, password, { mode: 0o600 });
  if (owner !== undefined) await Deno.chown(path, owner.uid, owner.gid);
  return password;
}

async function startEtcd(stage: Stage, ports: PortPool): Promise<EtcdProcess> {
  const etcd = new EtcdProcess(stage, { clientPort: await ports.take(), peerPort: await ports.take() });
  await etcd.start();
  return etcd;
}

/** The file belongs to the user that keepers become: all roles have to get at it, root's too. */
async function prepareSqlite(stage: Stage, owner: Owner | undefined): Promise<string> {
  const directory = join(stage.directory, "store");
  const file = join(directory, "store.db");
  await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(file, "", { mode: 0o600, append: true });
  for (const path of owner === undefined ? [] : [directory, file]) {
    await Deno.chown(path, owner?.uid ?? 0, owner?.gid ?? 0);
  }
  return `file://${file}`;
}

/** The store as roles see it, over a connection of the harness's own. */
export async function openView({ kind, endpoint, clusterName }: StoreFlags): Promise<ClusterStore> {
  return new ClusterStore(
    await openStore({
      backend: kind,
      endpoints: [endpoint],
      prefix: "stolon/cluster",
      clusterName,
      timeoutMs: 5_000,
      tls: { skipVerify: false },
    }),
  );
}
