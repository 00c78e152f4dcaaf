/**
 * A whole cluster of real processes: keepers with their PostgreSQL, sentinels, proxies, and the store. Everything is on
 * one stage, so it ends with it.
 */
import { join } from "node:path";
import type { ClusterData } from "../../../cluster/clusterdata.ts";
import type { ClusterStore } from "../../../store/cluster_store.ts";
import { storeArgs, type StoreFlags, SUPERUSER } from "./cluster_flags.ts";
import { dbsInService, findMaster, isSettled, type Master } from "./cluster_state.ts";
import { type CommandResult, runCommand } from "./command.ts";
import type { EtcdProcess } from "./etcd.ts";
import type { KeeperProcess } from "./keeper_process.ts";
import { logTails } from "./logs.ts";
import { REPOSITORY } from "./machine.ts";
import { type ClusterOptions, type ClusterParts, prepareParts, type ProxyProcess } from "./prepare.ts";
import { launcherCommand, type RoleProcess } from "./role_process.ts";
import { type ConnectionTarget, query, type Row } from "./sql.ts";
import { type WaitOptions, waitUntil } from "./wait.ts";
import { Writer, type WriterOptions } from "./writer.ts";

export interface SettleOptions extends WaitOptions {
  readonly keepers?: number;
}

export class Cluster implements AsyncDisposable {
  readonly #parts: ClusterParts;

  private constructor(parts: ClusterParts) {
    this.#parts = parts;
  }

  /** Prepares everything but starts none of the roles; the store serves. */
  static async prepare(options: ClusterOptions): Promise<Cluster> {
    return new Cluster(await prepareParts(options));
  }

  /** Starts all roles and waits until the cluster is whole: every keeper has its part, every proxy forwards. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = await Cluster.prepare(options);
    try {
      cluster.startRoles();
      await cluster.waitSettled();
      return cluster;
    } catch (error) {
      const tails = await cluster.logTails();
      await cluster.end();
      throw new Error(`the cluster did not come up\n${tails}`, { cause: error });
    }
  }

  get directory(): string {
    return this.#parts.stage.directory;
  }

  get keepers(): readonly KeeperProcess[] {
    return this.#parts.keepers;
  }

  get sentinels(): readonly RoleProcess[] {
    return this.#parts.sentinels;
  }

  get proxies(): readonly ProxyProcess[] {
    return this.#parts.proxies;
  }

  /** The store as roles see it, over a connection of the test's own. */
  get view(): ClusterStore {
    return this.#parts.view;
  }

  /** The etcd server, where that is the store. */
  get etcd(): EtcdProcess {
    if (this.#parts.etcd === undefined) throw new Error("this cluster's store is not etcd");
    return this.#parts.etcd;
  }

  get storeFlags(): StoreFlags {
    return this.#parts.store;
  }

  startRoles(): void {
    const proxies = this.proxies.map(({ process }) => process);
    for (const role of [...this.sentinels, ...this.keepers, ...proxies]) role.start();
  }

  /** The keeper with this uid. */
  keeper(uid: string): KeeperProcess {
    const found = this.keepers.find((keeper) => keeper.uid === uid);
    if (found === undefined) throw new Error(`there is no keeper ${uid}`);
    return found;
  }

  /** The document in the store. */
  async clusterData(): Promise<ClusterData> {
    const { data } = await this.view.readClusterData();
    if (data === null) throw new Error("there is no clusterdata in the store yet");
    return data;
  }

  /** The master that proxies forward to, with its keeper's process. */
  async master(): Promise<Master & { readonly keeper: KeeperProcess }> {
    const master = findMaster(await this.clusterData());
    if (master === undefined) throw new Error("the cluster has no master that proxies forward to");
    return { ...master, keeper: this.keeper(master.keeperUid) };
  }

  /** Waits until the document is as the predicate says, and returns it. */
  async waitForData(
    what: string,
    predicate: (data: ClusterData) => boolean,
    options?: WaitOptions,
  ): Promise<ClusterData> {
    return await waitUntil(what, async () => {
      const data = await this.clusterData();
      return predicate(data) ? data : undefined;
    }, { everyMs: 100, ...options });
  }

  /** Waits until every keeper (or as many as told) has a healthy converged db and every proxy is enabled. */
  waitSettled({ keepers = this.keepers.length, ...options }: SettleOptions = {}): Promise<ClusterData> {
    const expected = { keepers, proxies: this.proxies.length };
    return this.waitForData(
      `${keepers} keepers and ${expected.proxies} proxies in service`,
      (data) => isSettled(data, expected) && this.#hasPresentPorts(data),
      { timeoutMs: 120_000, ...options },
    );
  }

  /** A kept directory's document may tell of an earlier life, with other ports. */
  #hasPresentPorts(data: ClusterData): boolean {
    return dbsInService(data).every(({ spec, status }) =>
      status.port === String(this.keeper(spec.keeperUID).pgPort)
    );
  }

  /** Waits until another keeper than `uid` is master and proxies forward to it. */
  async waitForMasterOtherThan(uid: string, options?: WaitOptions): Promise<Master> {
    return await waitUntil(`a master other than ${uid}`, async () => {
      const master = findMaster(await this.clusterData());
      return master !== undefined && master.keeperUid !== uid ? master : undefined;
    }, { everyMs: 100, ...options });
  }

  /** How to reach PostgreSQL through a proxy. */
  throughProxy(index = 0): ConnectionTarget {
    const proxy = this.proxies[index];
    if (proxy === undefined) throw new Error(`there is no proxy ${index}`);
    return this.#target(proxy.port);
  }

  /** How to reach a keeper's PostgreSQL directly. */
  direct(keeper: KeeperProcess): ConnectionTarget {
    return this.#target(keeper.pgPort);
  }

  #target(port: number): ConnectionTarget {
    return { host: "127.0.0.1", port, user: SUPERUSER, password: this.#parts.password, database: "postgres" };
  }

  /** One statement through the first proxy. */
  query(sql: string, values?: readonly unknown[]): Promise<Row[]> {
    return query(this.throughProxy(), sql, values);
  }

  /** A writer through the first proxy, not yet started. */
  writer(options: Partial<WriterOptions> = {}): Writer {
    return new Writer({ target: this.throughProxy(), ...options });
  }

  /** Runs `stolonctl` for this cluster; a non-zero exit code is a result too. */
  ctl(...args: string[]): Promise<CommandResult> {
    return runCommand(launcherCommand("ctl", [...args, ...storeArgs(this.#parts.store)]), {
      cwd: REPOSITORY,
    });
  }

  /** The last lines of every process's log. */
  logTails(): Promise<string> {
    return logTails(join(this.directory, "logs"));
  }

  /** Ends all processes and removes everything. */
  async end(): Promise<void> {
    await this.view.close();
    await this.#parts.stage.end();
    await this.#parts.ports.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }
}
