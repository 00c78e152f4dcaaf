/**
 * Keepers without a sentinel: the test itself writes the cluster view, so that each situation of a keeper can be brought
 * about at will. The keepers, PostgreSQL and the store are real.
 */
import { join } from "node:path";
import { type ClusterData, type DbSpec, sortedKeys } from "../../../cluster/clusterdata.ts";
import type { KeeperInfo, PostgresState } from "../../../cluster/infos.ts";
import { newClusterData } from "../../../cluster/new_cluster_data.ts";
import type { ClusterSpec } from "../../../cluster/spec.ts";
import { ensurePostgres } from "../../../scripts/setup.ts";
import type { ClusterStore } from "../../../store/cluster_store.ts";
import { StoreConflictError } from "../../../store/errors.ts";
import { keeperArgs, roleArgs, type StoreFlags } from "./cluster_flags.ts";
import { logTails } from "./logs.ts";
import { postgresOwner } from "./machine.ts";
import { keeperEntry, newDb, PLAIN_DB, unseenKeeper, withReported } from "./bench_view.ts";
import { BenchKeeper, PASSWORD } from "./bench_keeper.ts";
import { PortPool } from "./ports.ts";
import { openView } from "./prepare.ts";
import { Stage } from "./stage.ts";
import { type WaitOptions, waitUntil } from "./wait.ts";

export interface BenchKeeperOptions {
  /** Further flags; a flag given here replaces the bench's. */
  readonly args?: readonly string[];
  /** Such as `after clearDirectory 1`; see `crashing_keeper.ts`. */
  readonly crashAt?: string;
  /** Beginning of a command that ends by executing the rest of it, which is the keeper's. */
  readonly within?: readonly string[];
}

const SPEC_QUICK: ClusterSpec = { initMode: "new", sleepInterval: "1s", requestTimeout: "5s" };

interface BenchParts {
  readonly stage: Stage;
  readonly ports: PortPool;
  readonly flags: StoreFlags;
  readonly view: ClusterStore;
  readonly binDir: string;
}

export class KeeperBench implements AsyncDisposable {
  readonly #parts: BenchParts;
  readonly #keepers = new Map<string, BenchKeeper>();

  private constructor(parts: BenchParts) {
    this.#parts = parts;
  }

  /** A store with a cluster that nobody has begun to initialise. */
  static async open(spec: ClusterSpec = {}): Promise<KeeperBench> {
    const { binDir } = await ensurePostgres();
    const stage = await Stage.open({ prefix: "stolon-bench-" });
    const directory = join(stage.directory, "store");
    await Deno.mkdir(directory, { mode: 0o700 });
    const endpoint = `file://${join(directory, "store.db")}`;
    const flags: StoreFlags = { kind: "sqlite", endpoint, clusterName: "bench" };
    const view = await openView(flags);
    const now = new Date().toISOString();
    await view.writeClusterData(newClusterData({ ...SPEC_QUICK, ...spec }, { clusterUid: "cluster", now }));
    await letKeepersIn(directory);
    return new KeeperBench({ stage, ports: new PortPool(), flags, view, binDir });
  }

  get directory(): string {
    return this.#parts.stage.directory;
  }

  /** Directory of PostgreSQL's programs. */
  get binDir(): string {
    return this.#parts.binDir;
  }

  get view(): ClusterStore {
    return this.#parts.view;
  }

  /** A directory that PostgreSQL's user owns, for archives, backups and the like. */
  async directoryFor(name: string): Promise<string> {
    const path = join(this.directory, name);
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
    const owner = await postgresOwner();
    if (owner !== undefined) await Deno.chown(path, owner.uid, owner.gid);
    return path;
  }

  /** Prepares a keeper; `start` starts it. */
  async keeper(uid: string, options: BenchKeeperOptions = {}): Promise<BenchKeeper> {
    const { stage, ports, flags, binDir } = this.#parts;
    const pgPort = await ports.take();
    await stage.noteLeftover("port", pgPort);
    const metricsPort = await ports.take();
    const dataDir = join(stage.directory, uid);
    const files = await this.#passwordFiles();
    const own = [
      ...roleArgs(flags, "debug"),
      ...keeperArgs({ uid, dataDir, pgPort, pgBinPath: binDir, files, metricsPort }),
    ];
    const keeper = new BenchKeeper(this, {
      stage,
      uid,
      dataDir,
      pgPort,
      metricsPort,
      args: replaced(own, options.args ?? []),
      within: options.within ?? [],
    });
    if (options.crashAt !== undefined) keeper.crashAt = options.crashAt;
    this.#keepers.set(uid, keeper);
    return keeper;
  }

  async #passwordFiles() {
    const superuserPassword = join(this.directory, "superuser-password");
    const replicationPassword = join(this.directory, "replication-password");
    for (const [path, text] of [[superuserPassword, PASSWORD], [replicationPassword, "repl"]] as const) {
      await Deno.writeTextFile(path, text, { mode: 0o644 });
    }
    return { spec: "", superuserPassword, replicationPassword };
  }

  /** Changes the view, with every db's status as its keeper last reported it. */
  async edit(change: (data: ClusterData) => ClusterData): Promise<void> {
    for (;;) {
      const { data, revision } = await this.view.readClusterData();
      if (data === null) throw new Error("the view is gone");
      const changed = change(withReported(data, (await this.view.listKeeperInfos()).infos));
      try {
        await this.view.swapClusterData({ ...changed, changeTime: new Date().toISOString() }, revision);
        return;
      } catch (error) {
        if (!(error instanceof StoreConflictError)) throw error;
      }
    }
  }

  /** Waits for a new start of each keeper to be seen, and lets the view know it. */
  async know(...uids: readonly string[]): Promise<void> {
    const { data } = await this.view.readClusterData();
    for (const uid of uids) {
      const known = data?.keepers[uid]?.status.bootUUID;
      await waitUntil(`an info of a new start of ${uid}`, async () => {
        const info = await this.info(uid);
        return info !== undefined && info.bootUUID !== known;
      });
    }
    await this.acquaint();
  }

  /** Notes every keeper's present start in the view. */
  async acquaint(): Promise<void> {
    const infos = (await this.view.listKeeperInfos()).infos;
    await this.edit((now) => ({
      ...now,
      keepers: { ...now.keepers, ...Object.fromEntries(infos.map((info) => [info.uid, keeperEntry(info)])) },
    }));
  }

  /** Gives a keeper a db; a db that it had is forgotten. */
  assign(dbUid: string, keeperUID: string, spec: Partial<DbSpec>): Promise<void> {
    return this.edit((data) => {
      const others = sortedKeys(data.dbs).filter((uid) => data.dbs[uid]?.spec.keeperUID !== keeperUID);
      const dbs = Object.fromEntries(others.flatMap((uid) => {
        const db = data.dbs[uid];
        return db === undefined ? [] : [[uid, db] as const];
      }));
      const keepers = { [keeperUID]: unseenKeeper(keeperUID), ...data.keepers };
      return {
        ...data,
        keepers,
        dbs: { ...dbs, [dbUid]: newDb(dbUid, { ...PLAIN_DB, ...spec, keeperUID }) },
      };
    });
  }

  /** Changes a db's spec: a new generation. */
  change(dbUid: string, spec: Partial<DbSpec>): Promise<void> {
    return this.edit((data) => {
      const db = data.dbs[dbUid];
      if (db === undefined) throw new Error(`there is no db ${dbUid}`);
      const changed = { ...db, generation: db.generation + 1, spec: { ...db.spec, ...spec } };
      return { ...data, dbs: { ...data.dbs, [dbUid]: changed } };
    });
  }

  /** Changes the cluster spec. */
  changeSpec(spec: ClusterSpec): Promise<void> {
    return this.edit((data) => {
      if (data.cluster === null) throw new Error("there is no cluster");
      return { ...data, cluster: { ...data.cluster, spec: { ...data.cluster.spec, ...spec } } };
    });
  }

  async info(uid: string): Promise<KeeperInfo | undefined> {
    return (await this.view.listKeeperInfos()).infos.find((info) => info.uid === uid);
  }

  /** Waits until the keeper reports the db's present generation and health. */
  async waitConverged(dbUid: string, options?: WaitOptions): Promise<PostgresState> {
    return await waitUntil(`db ${dbUid} healthy at its generation`, async () => {
      const { data } = await this.view.readClusterData();
      const db = data?.dbs[dbUid];
      const state = (await this.info(db?.spec.keeperUID ?? ""))?.postgresState;
      return state?.uid === dbUid && state.healthy && state.generation === db?.generation ? state : undefined;
    }, options);
  }

  logTails(): Promise<string> {
    return logTails(join(this.directory, "logs"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.view.close();
    await this.#parts.stage.end();
    await this.#parts.ports.release();
  }
}

function replaced(own: readonly string[], given: readonly string[]): readonly string[] {
  const names = new Set(given.map((arg) => arg.split("=")[0]));
  return [...own.filter((arg) => !names.has(arg.split("=")[0])), ...given];
}

async function letKeepersIn(directory: string): Promise<void> {
  const owner = await postgresOwner();
  if (owner === undefined) return;
  await Deno.chown(directory, owner.uid, owner.gid);
  for await (const entry of Deno.readDir(directory)) {
    await Deno.chown(join(directory, entry.name), owner.uid, owner.gid);
  }
}

/** Runs a test on a bench; a failure shows the logs' tails. */
export function benchTest(
  name: string,
  spec: ClusterSpec,
  body: (bench: KeeperBench) => Promise<void>,
): void {
  Deno.test(name, async () => {
    await using bench = await KeeperBench.open(spec);
    try {
      await body(bench);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${reason}\n${await bench.logTails()}`, { cause: error });
    }
  });
}

export { BenchKeeper, PASSWORD } from "./bench_keeper.ts";
