/** What is measured: one PostgreSQL and one echo server, and the ways to each. */
import { join } from "node:path";
import { type PostgresServer, startPostgres } from "../../tests/servers/postgres.ts";
import { freePorts } from "../../tests/servers/free_port.ts";
import { ProxyStage } from "../../tests/servers/proxy_stage.ts";
import { ServerProcess } from "../../tests/servers/server_process.ts";

/** More than the idle connections, so that PostgreSQL is never the limit. */
export const MAX_CONNECTIONS = 1100;

/** One way to the servers. */
export interface Subject {
  readonly name: "direct" | "proxy" | "haproxy";
  readonly postgresPort: number;
  readonly echoPort: number;
  /** The process in between; undefined for the direct way. */
  readonly pid: number | undefined;
}

/** See the module. Everything that it started ends with it. */
export class Site implements AsyncDisposable {
  readonly #owned: AsyncDisposableStack;

  private constructor(
    readonly postgres: PostgresServer,
    readonly subjects: readonly Subject[],
    owned: AsyncDisposableStack,
  ) {
    this.#owned = owned;
  }

  /** Starts all of it. */
  static async start(): Promise<Site> {
    await using stack = new AsyncDisposableStack();
    const directory = await Deno.makeTempDir({ prefix: "bench-proxy-" });
    stack.defer(() => Deno.remove(directory, { recursive: true }));
    const settings = [`max_connections = ${MAX_CONNECTIONS}`, "shared_buffers = 256MB"];
    const postgres = stack.use(await startPostgres({ settings }));
    const [echoPort = 0, haproxyPort = 0, haproxyEchoPort = 0] = freePorts(3);
    await startEcho(stack, { directory, port: echoPort });
    const spec = { proxyCheckInterval: "5s", proxyTimeout: "15s" };
    const toPostgres = stack.use(await ProxyStage.start({ spec }));
    await toPostgres.forward({ dbUid: "postgres", port: postgres.port });
    const toEcho = stack.use(await ProxyStage.start({ spec }));
    await toEcho.forward({ dbUid: "echo", port: echoPort });
    const haproxy = await startHaproxy(stack, {
      directory,
      ways: [[haproxyPort, postgres.port], [haproxyEchoPort, echoPort]],
    });
    await run(join(postgres.binPath, "pgbench"), ["-i", "-q", "-s", "10", ...connection(postgres.port)]);
    const subjects: readonly Subject[] = [
      { name: "direct", postgresPort: postgres.port, echoPort, pid: undefined },
      { name: "proxy", postgresPort: toPostgres.port, echoPort: toEcho.port, pid: toPostgres.process.pid },
      { name: "haproxy", postgresPort: haproxyPort, echoPort: haproxyEchoPort, pid: haproxy.pid },
    ];
    return new Site(postgres, subjects, stack.move());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned[Symbol.asyncDispose]();
  }
}

/** How PostgreSQL's programs are told where to connect. */
export function connection(port: number): string[] {
  return ["-h", "127.0.0.1", "-p", String(port), "-U", "postgres", "postgres"];
}

/** Runs a program to its end and returns what it printed. */
export async function run(program: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args: [...args], cwd: "/" }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${program} ${args.join(" ")}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

async function startEcho(
  stack: AsyncDisposableStack,
  { directory, port }: { readonly directory: string; readonly port: number },
): Promise<void> {
  const script = new URL("./echo_server.ts", import.meta.url).pathname;
  const server = stack.use(
    new ServerProcess({
      name: "echo server",
      program: Deno.execPath(),
      args: ["run", "-q", "--no-prompt", "--allow-net", script, String(port)],
      logFile: join(directory, "echo.log"),
      ready: () => accepts(port),
    }),
  );
  await server.start();
}

interface HaproxyPlan {
  readonly directory: string;
  /** Pairs of the port to listen on and the port to connect to. */
  readonly ways: readonly (readonly [number, number])[];
}

async function startHaproxy(
  stack: AsyncDisposableStack,
  { directory, ways }: HaproxyPlan,
): Promise<ServerProcess> {
  const configuration = join(directory, "haproxy.cfg");
  const listens = ways.map(([from, to], index) =>
    `listen way${index}\n  bind 127.0.0.1:${from}\n  server server 127.0.0.1:${to}\n`
  );
  const lines = [
    "global",
    "  maxconn 5000",
    "defaults",
    "  mode tcp",
    "  option splice-auto",
    "  timeout connect 5s",
    "  timeout client 1h",
    "  timeout server 1h",
    ...listens,
  ];
  await Deno.writeTextFile(configuration, lines.join("\n") + "\n");
  const server = stack.use(
    new ServerProcess({
      name: "haproxy",
      program: "haproxy",
      args: ["-db", "-f", configuration],
      logFile: join(directory, "haproxy.log"),
      ready: () => accepts(ways[0]?.[0] ?? 0),
    }),
  );
  return await server.start();
}

async function accepts(port: number): Promise<boolean> {
  (await Deno.connect({ hostname: "127.0.0.1", port })).close();
  return true;
}
