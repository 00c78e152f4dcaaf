/** The command lines of the roles of one cluster on the stage. */
import { join } from "node:path";

export type StoreKind = "sqlite" | "etcdv3";

/** Where the cluster view is, as flags. */
export interface StoreFlags {
  readonly kind: StoreKind;
  readonly endpoint: string;
  readonly clusterName: string;
}

/** Files that the roles read. */
export interface ClusterFiles {
  readonly spec: string;
  readonly superuserPassword: string;
  readonly replicationPassword: string;
}

export const SUPERUSER = "postgres";
export const REPLICATION_USER = "replicator";

/** What all four programs need. */
export function storeArgs({ kind, endpoint, clusterName }: StoreFlags): string[] {
  return [`--cluster-name=${clusterName}`, `--store-backend=${kind}`, `--store-endpoints=${endpoint}`];
}

/** What the three roles need. */
export function roleArgs(store: StoreFlags, logLevel: string): string[] {
  return [...storeArgs(store), "--log-format=json", `--log-level=${logLevel}`];
}

export interface KeeperFlags {
  readonly uid: string;
  readonly dataDir: string;
  readonly pgPort: number;
  readonly pgBinPath: string;
  /** Undefined: no HTTP. */
  readonly metricsPort?: number;
  readonly files: ClusterFiles;
}

export function keeperArgs({ uid, dataDir, pgPort, pgBinPath, metricsPort, files }: KeeperFlags): string[] {
  return [
    `--uid=${uid}`,
    `--data-dir=${dataDir}`,
    "--pg-listen-address=127.0.0.1",
    `--pg-port=${pgPort}`,
    `--pg-bin-path=${pgBinPath}`,
    ...metricsPort === undefined ? [] : [`--metrics-listen-address=127.0.0.1:${metricsPort}`],
    `--pg-su-username=${SUPERUSER}`,
    `--pg-su-passwordfile=${files.superuserPassword}`,
    `--pg-repl-username=${REPLICATION_USER}`,
    `--pg-repl-passwordfile=${files.replicationPassword}`,
  ];
}

export function sentinelArgs(files: ClusterFiles): string[] {
  return [`--initial-cluster-spec=${files.spec}`];
}

export function proxyArgs(port: number): string[] {
  return ["--listen-address=127.0.0.1", `--port=${port}`];
}

/** Where each file of a cluster is in its stage's directory. */
export function clusterFiles(directory: string): ClusterFiles {
  return {
    spec: join(directory, "spec.json"),
    superuserPassword: join(directory, "superuser-password"),
    replicationPassword: join(directory, "replication-password"),
  };
}
