import { join } from "node:path";
import { freePorts } from "./free_port.ts";
import { ServerProcess } from "./server_process.ts";
import { testBinPath } from "../postgres_instance.ts";
import type { Certificate } from "./certificates.ts";

/** One real PostgreSQL that trusts everybody on the loopback interface. */
export interface PostgresServer extends AsyncDisposable {
  readonly port: number;
  readonly process: ServerProcess;
  /** Directory of its programs. */
  readonly binPath: string;
}

export interface PostgresOptions {
  readonly tls?: Certificate;
  /** Further lines of postgresql.conf. */
  readonly settings?: readonly string[];
}

/** Starts one in a directory of its own, as the user `postgres` when this is root, and waits until it serves. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const binPath = testBinPath() ?? "";
  const program = (name: string) => binPath === "" ? name : join(binPath, name);
  const directory = await Deno.makeTempDir({ prefix: "postgres-" });
  const data = join(directory, "data");
  const [port = 0] = freePorts(1);
  if (Deno.uid() === 0) await run("chown", ["postgres:postgres", directory]);
  const [initdb, ...initArgs] = asPostgresUser([
    program("initdb"),
    "-D",
    data,
    "-U",
    "postgres",
    "-A",
    "trust",
    "-N",
  ]);
  await run(initdb, initArgs);
  if (options.tls !== undefined) await installCertificate(data, options.tls);
  await Deno.writeTextFile(join(data, "postgresql.auto.conf"), settings(port, options).join("\n"));
  const [postgres, ...args] = asPostgresUser([program("postgres"), "-D", data]);
  const process = new ServerProcess({
    name: "postgres",
    program: postgres,
    args,
    logFile: join(directory, "postgres.log"),
    ready: () => accepts(program("pg_isready"), port),
  });
  const dispose = async () => {
    // SIGQUIT: PostgreSQL's immediate shutdown, which leaves no shared memory behind.
    await process.stop("SIGQUIT");
    await Deno.remove(directory, { recursive: true });
  };
  try {
    await process.start();
  } catch (error) {
    await dispose();
    throw error;
  }
  return { port, process, binPath, [Symbol.asyncDispose]: dispose };
}

function settings(port: number, options: PostgresOptions): string[] {
  const tls = options.tls === undefined ? [] : ["ssl = on"];
  return [
    `port = ${port}`,
    "listen_addresses = '127.0.0.1'",
    "unix_socket_directories = ''",
    "fsync = off",
    "max_connections = 150",
    "shared_buffers = 32MB",
    "wal_level = logical",
    ...tls,
    ...options.settings ?? [],
    "",
  ];
}

async function installCertificate(data: string, { cert, key }: Certificate): Promise<void> {
  await Deno.copyFile(cert, join(data, "server.crt"));
  await Deno.copyFile(key, join(data, "server.key"));
  await Deno.chmod(join(data, "server.key"), 0o600);
  if (Deno.uid() === 0) await run("chown", ["postgres", join(data, "server.crt"), join(data, "server.key")]);
}

/** PostgreSQL refuses to run as root. */
function asPostgresUser(command: readonly [string, ...string[]]): [string, ...string[]] {
  if (Deno.uid() !== 0) return [...command];
  return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", ...command];
}

async function accepts(pgIsReady: string, port: number): Promise<boolean> {
  const args = ["-q", "-h", "127.0.0.1", "-p", String(port), "-d", "postgres", "-U", "postgres"];
  return (await new Deno.Command(pgIsReady, { args }).output()).success;
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args: [...args], cwd: "/" }).output();
  if (!success) throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
