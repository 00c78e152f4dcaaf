import { join } from "node:path";
import { ensureConsul } from "../../scripts/consul.ts";
import { say, SetupError } from "../../scripts/apt.ts";
import type { ServerTls } from "./certificates.ts";
import { freePorts } from "./free_port.ts";
import { ServerProcess } from "./server_process.ts";

/** One real Consul agent that is a server of its own. */
export interface ConsulServer extends AsyncDisposable {
  /** Of clients, with scheme. */
  readonly endpoint: string;
  readonly process: ServerProcess;
}

export interface ConsulOptions {
  readonly tls?: ServerTls;
  /** Name or address that clients use instead of 127.0.0.1. */
  readonly host?: string;
  /** Deny everything to everybody but the holder of this token. */
  readonly masterToken?: string;
}

/** Why there is no Consul here, or undefined when there is one. Tests that need it say so when they are skipped. */
export async function consulMissing(): Promise<string | undefined> {
  try {
    await ensureConsul();
    return undefined;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`tests of Consul are skipped: ${error.message}`);
    return error.message.replaceAll(/\s+/g, " ");
  }
}

/** Starts Consul in a directory of its own and waits until it leads itself. */
export async function startConsul(options: ConsulOptions = {}): Promise<ConsulServer> {
  const { tls, host = "127.0.0.1", masterToken } = options;
  const program = await ensureConsul();
  const directory = await Deno.makeTempDir({ prefix: "consul-" });
  const [port = 0, plain = 0, server = 0, serf = 0, grpc = 0] = freePorts(5);
  const config = {
    server: true,
    bootstrap: true,
    node_name: "consul-test",
    data_dir: join(directory, "data"),
    bind_addr: "127.0.0.1",
    client_addr: "127.0.0.1",
    disable_update_check: true,
    leave_on_terminate: false,
    // The plain port stays for the tests' own questions.
    ports: {
      http: tls === undefined ? port : plain,
      https: tls === undefined ? -1 : port,
      server,
      serf_lan: serf,
      serf_wan: -1,
      dns: -1,
      grpc,
    },
    performance: { raft_multiplier: 1 },
    ...(tls === undefined ? {} : { cert_file: tls.cert, key_file: tls.key }),
    ...(tls?.clientCa === undefined ? {} : { ca_file: tls.clientCa, verify_incoming_https: true }),
    ...(masterToken === undefined
      ? {}
      : { acl: { enabled: true, default_policy: "deny", tokens: { master: masterToken } } }),
  };
  const configFile = join(directory, "consul.json");
  await Deno.writeTextFile(configFile, JSON.stringify(config));
  const process = new ServerProcess({
    name: "consul",
    program,
    args: ["agent", `-config-file=${configFile}`],
    logFile: join(directory, "consul.log"),
    ready: () => leadsItself(tls === undefined ? port : plain, masterToken),
  });
  const dispose = async () => {
    await process[Symbol.asyncDispose]();
    await Deno.remove(directory, { recursive: true });
  };
  try {
    await process.start();
  } catch (error) {
    await dispose();
    throw error;
  }
  const scheme = tls === undefined ? "http" : "https";
  return { endpoint: `${scheme}://${host}:${port}`, process, [Symbol.asyncDispose]: dispose };
}

/** Sessions need the agent's own node in the catalogue, which comes a little after the leader. */
async function leadsItself(port: number, token: string | undefined): Promise<boolean> {
  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/v1/${path}`, {
      signal: AbortSignal.timeout(2000),
      ...(token === undefined ? {} : { headers: { "X-Consul-Token": token } }),
    });
    return await response.text();
  };
  if (!(await ask("status/leader")).includes(":")) return false;
  return (await ask("health/node/consul-test")).includes('"serfHealth"');
}
