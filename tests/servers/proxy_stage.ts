import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ClusterData, Db } from "../../cluster/clusterdata.ts";
import { newClusterData } from "../../cluster/new_cluster_data.ts";
import type { ClusterSpec } from "../../cluster/spec.ts";
import { ClusterStore } from "../../store/cluster_store.ts";
import { openStore } from "../../store/open.ts";
import type { StoreOptions } from "../../store/options.ts";
import { freePorts } from "./free_port.ts";
import { ServerProcess } from "./server_process.ts";
import { waitFor } from "./wait_for.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CLUSTER_NAME = "test";
const NOW = "2026-01-01T00:00:00Z";

export interface ProxyStageOptions {
  /** Times, mostly. */
  readonly spec?: Partial<ClusterSpec>;
  /** Further flags of the proxy. */
  readonly args?: readonly string[];
  /** URL of an etcd as the test sees it, and as the proxy sees it; undefined: an SQLite file. */
  readonly etcd?: { readonly own: string; readonly proxys: string };
}

/** Which master the document names; undefined: none, which is the sentinel's barrier. */
export interface Master {
  readonly dbUid: string;
  readonly host?: string;
  readonly port: number;
  /** False: the proxy is not listed in `enabledProxies`. */
  readonly enabled?: boolean;
}

/** A real proxy process under its launcher and permissions, and the store that a test plays the sentinel in. */
export class ProxyStage implements AsyncDisposable {
  readonly port: number;
  readonly metricsPort: number;
  readonly process: ServerProcess;
  uid = "";
  #generation = 0;

  private constructor(
    readonly store: ClusterStore,
    private readonly directory: string,
    private readonly options: ProxyStageOptions,
  ) {
    const [port = 0, metricsPort = 0] = freePorts(2);
    this.port = port;
    this.metricsPort = metricsPort;
    const endpoint = options.etcd?.proxys ?? `file://${join(directory, "store.db")}`;
    this.process = new ServerProcess({
      name: "proxy",
      program: "/bin/sh",
      args: [
        join(ROOT, "scripts/role"),
        Deno.execPath(),
        "proxy",
        `--cluster-name=${CLUSTER_NAME}`,
        `--store-backend=${options.etcd === undefined ? "sqlite" : "etcdv3"}`,
        `--store-endpoints=${endpoint}`,
        "--store-timeout=2s",
        `--port=${port}`,
        `--metrics-listen-address=127.0.0.1:${metricsPort}`,
        ...options.args ?? [],
      ],
      logFile: join(directory, "proxy.log"),
      ready: async () => (await this.get("/livez")).ok,
    });
  }

  /** Starts everything and waits until the proxy has confirmed a document without a master. */
  static async start(options: ProxyStageOptions = {}): Promise<ProxyStage> {
    const directory = await Deno.makeTempDir({ prefix: "proxy-stage-" });
    const store = new ClusterStore(await openStore(storeOptions(directory, options)));
    const stage = new ProxyStage(store, directory, options);
    try {
      await stage.publish(undefined);
      await stage.process.start();
      stage.uid = await waitFor("the proxy's info", async () => (await store.listProxyInfos()).infos[0]?.UID);
      await stage.confirmed();
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
    return stage;
  }

  /** Writes the next generation of the proxy object, without waiting for anybody. */
  async publish(master: Master | undefined, changes: Partial<ClusterSpec> = {}): Promise<void> {
    this.#generation++;
    await this.store.writeClusterData(this.#document(master, changes));
  }

  /** Publishes a master and waits until a new client would be served. */
  async forward(master: Master): Promise<void> {
    await this.publish(master);
    await this.confirmed();
    await waitFor("the proxy to be ready", async () => (await this.get("/readyz")).ok);
  }

  /** Waits until the proxy has confirmed the last generation. */
  async confirmed(): Promise<void> {
    await waitFor(`generation ${this.#generation} to be confirmed`, async () => {
      const { infos } = await this.store.listProxyInfos();
      return infos.some((info) => info.Generation === this.#generation);
    });
  }

  /** One path of the proxy's HTTP endpoint. */
  async get(path: string): Promise<{ readonly ok: boolean; readonly text: string }> {
    const url = `http://127.0.0.1:${this.metricsPort}${path}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
    return { ok: response.ok, text: await response.text() };
  }

  /** The value of one metric, with its labels as Prometheus writes them. */
  async metric(name: string): Promise<number> {
    const { text } = await this.get("/metrics");
    const line = text.split("\n").find((candidate) => candidate.startsWith(`stolon_proxy_${name} `));
    return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(" ") + 1));
  }

  /** A client's connection to the proxy. */
  connect(): Promise<Deno.TcpConn> {
    return Deno.connect({ hostname: "127.0.0.1", port: this.port });
  }

  /** Whether the proxy's port takes connections. */
  async isListening(): Promise<boolean> {
    try {
      (await this.connect()).close();
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionRefused) return false;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
    await this.store.close();
    await Deno.remove(this.directory, { recursive: true });
  }

  #document(master: Master | undefined, changes: Partial<ClusterSpec>): ClusterData {
    const times = { proxyCheckInterval: "500ms", proxyTimeout: "2s" };
    const spec: ClusterSpec = { initMode: "new", ...times, ...this.options.spec, ...changes };
    const enabledProxies = master === undefined || master.enabled === false ? [] : [this.uid];
    return {
      ...newClusterData(spec, { clusterUid: "c1", now: NOW }),
      keepers: { k1: keeper() },
      dbs: master === undefined ? {} : { [master.dbUid]: db(master) },
      proxy: {
        uid: "p1",
        generation: this.#generation,
        changeTime: NOW,
        spec: { masterDbUid: master?.dbUid ?? "", enabledProxies },
      },
    };
  }
}

function storeOptions(directory: string, { etcd }: ProxyStageOptions): StoreOptions {
  const common = {
    prefix: "stolon/cluster",
    clusterName: CLUSTER_NAME,
    timeoutMs: 5000,
    tls: { skipVerify: false },
  };
  return etcd === undefined
    ? { ...common, backend: "sqlite", endpoints: [`file://${join(directory, "store.db")}`] }
    : { ...common, backend: "etcdv3", endpoints: [etcd.own] };
}

function keeper(): ClusterData["keepers"][string] {
  return {
    uid: "k1",
    generation: 1,
    changeTime: NOW,
    status: {
      healthy: true,
      lastHealthyTime: NOW,
      bootUUID: "boot",
      postgresBinaryVersion: { Maj: 15, Min: 0 },
      forceFail: false,
      canBeMaster: undefined,
      canBeSynchronousReplica: undefined,
    },
  };
}

function db({ dbUid, host = "127.0.0.1", port }: Master): Db {
  return {
    uid: dbUid,
    generation: 1,
    changeTime: NOW,
    spec: {
      keeperUID: "k1",
      requestTimeout: "10s",
      maxStandbys: 20,
      synchronousReplication: false,
      usePgrewind: false,
      additionalWalSenders: 5,
      additionalReplicationSlots: null,
      initMode: "none",
      newConfig: null,
      pitrConfig: null,
      pgParameters: {},
      pgHBA: null,
      role: "master",
      followConfig: null,
      followers: [],
      includePreviousConfig: false,
      synchronousStandbys: null,
      externalSynchronousStandbys: null,
    },
    status: {
      healthy: true,
      currentGeneration: 1,
      listenAddress: host,
      port: String(port),
      systemdID: "1",
      timelineID: 1,
      xLogPos: 0n,
      timelinesHistory: [],
      pgParameters: {},
      synchronousStandbys: [],
      olderWalFile: "",
    },
  };
}
