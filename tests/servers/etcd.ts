import { join } from "node:path";
import { ensureEtcd, type Etcd } from "../../scripts/servers.ts";
import { freePorts } from "./free_port.ts";
import type { ServerTls } from "./certificates.ts";
import { ServerProcess } from "./server_process.ts";

/** One real etcd server. */
export interface EtcdServer extends AsyncDisposable {
  /** Of clients, with scheme. */
  readonly endpoint: string;
  readonly process: ServerProcess;
  /** Runs `etcdctl` against this server and returns what it printed. */
  ctl(...args: readonly string[]): Promise<string>;
  /** Stands for the election `name` by etcd's own client, which gives up its place on SIGTERM. */
  campaign(name: string, value: string): ServerProcess;
}

/** Several etcd servers that form one cluster. */
export interface EtcdCluster extends AsyncDisposable {
  readonly members: readonly EtcdServer[];
  readonly endpoints: readonly string[];
  /** The member that leads now. */
  leader(): Promise<EtcdServer>;
}

export interface EtcdOptions {
  readonly tls?: ServerTls;
  /** Names or addresses that clients use instead of 127.0.0.1. */
  readonly host?: string;
}

interface MemberPlan {
  readonly name: string;
  readonly clientPort: number;
  readonly peerPort: number;
  readonly metricsPort: number;
}

/** Starts one etcd in a directory of its own and waits until it serves. */
export async function startEtcd(options: EtcdOptions = {}): Promise<EtcdServer> {
  const cluster = await startEtcdCluster(1, options);
  const [member] = cluster.members;
  if (member === undefined) throw new Error("a cluster of one has one member");
  return { ...member, [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose]() };
}

/** Starts a cluster of `size` members and waits until all of them serve. */
export async function startEtcdCluster(size: number, options: EtcdOptions = {}): Promise<EtcdCluster> {
  const programs = await ensureEtcd();
  const directory = await Deno.makeTempDir({ prefix: "etcd-" });
  const ports = freePorts(size * 3);
  const plans = Array.from({ length: size }, (_, index): MemberPlan => ({
    name: `etcd-${index}`,
    clientPort: ports[index * 3] ?? 0,
    peerPort: ports[index * 3 + 1] ?? 0,
    metricsPort: ports[index * 3 + 2] ?? 0,
  }));
  const initial = plans.map(({ name, peerPort }) => `${name}=http://127.0.0.1:${peerPort}`).join(",");
  const members = plans.map((plan) => member(plan, { programs, directory, initial, options }));
  const dispose = async () => {
    for (const { process } of members) await process[Symbol.asyncDispose]();
    await Deno.remove(directory, { recursive: true });
  };
  try {
    for (const { process } of members) process.launch();
    for (const { process } of members) await process.ready();
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    members,
    endpoints: members.map(({ endpoint }) => endpoint),
    leader: () => findLeader(members),
    [Symbol.asyncDispose]: dispose,
  };
}

interface Site {
  readonly programs: Etcd;
  readonly directory: string;
  readonly initial: string;
  readonly options: EtcdOptions;
}

function member(plan: MemberPlan, { programs, directory, initial, options }: Site): EtcdServer {
  const { tls, host = "127.0.0.1" } = options;
  const scheme = tls === undefined ? "http" : "https";
  const endpoint = `${scheme}://${host}:${plan.clientPort}`;
  const metrics = `http://127.0.0.1:${plan.metricsPort}`;
  const process = new ServerProcess({
    name: plan.name,
    program: programs.etcd,
    args: [
      `--name=${plan.name}`,
      `--data-dir=${join(directory, plan.name)}`,
      `--listen-client-urls=${scheme}://127.0.0.1:${plan.clientPort}`,
      `--advertise-client-urls=${endpoint}`,
      `--listen-peer-urls=http://127.0.0.1:${plan.peerPort}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${plan.peerPort}`,
      `--initial-cluster=${initial}`,
      `--initial-cluster-token=${directory}`,
      `--listen-metrics-urls=${metrics}`,
      ...(tls === undefined ? [] : [`--cert-file=${tls.cert}`, `--key-file=${tls.key}`]),
      ...(tls?.clientCa === undefined ? [] : [`--trusted-ca-file=${tls.clientCa}`, "--client-cert-auth"]),
    ],
    logFile: join(directory, `${plan.name}.log`),
    ready: () => isHealthy(metrics),
  });
  return {
    endpoint,
    process,
    ctl: (...args) => etcdctl([`--endpoints=${endpoint}`, "--command-timeout=20s", ...args]),
    campaign: (name, value) =>
      new ServerProcess({
        name: "etcdctl elect",
        program: programs.etcdctl,
        args: [`--endpoints=${endpoint}`, "elect", name, value],
        env: { ETCDCTL_API: "3" },
        logFile: join(directory, "elect.log"),
        ready: async () => (await etcdctl([`--endpoints=${endpoint}`, "endpoint", "health"])) !== "",
      }).launched(),
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

async function isHealthy(metrics: string): Promise<boolean> {
  const response = await fetch(`${metrics}/health`, { signal: AbortSignal.timeout(2000) });
  return (await response.text()).includes('"true"');
}

async function findLeader(members: readonly EtcdServer[]): Promise<EtcdServer> {
  for (const candidate of members) {
    const status: unknown = JSON.parse(await candidate.ctl("endpoint", "status", "--write-out=json"));
    const text = JSON.stringify(status);
    const id = /"member_id":(\d+)/.exec(text)?.[1];
    const leader = /"leader":(\d+)/.exec(text)?.[1];
    if (id !== undefined && id === leader) return candidate;
  }
  throw new Error("no member of the etcd cluster leads");
}

/** Runs `etcdctl` of version 3 with these arguments. */
export async function etcdctl(args: readonly string[]): Promise<string> {
  const { etcdctl: program } = await ensureEtcd();
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    env: { ETCDCTL_API: "3" },
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`etcdctl ${args.join(" ")}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}
