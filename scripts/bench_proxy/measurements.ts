/** What is measured of each way. Every figure is better when it is greater, but for memory. */
import { join } from "node:path";
import { connection, run, type Site, type Subject } from "./site.ts";
import { openIdle } from "./idle_connections.ts";

const COPY_ROWS = 500_000;
const IDLE_CONNECTIONS = 1000;

export interface MeasurementContext {
  readonly site: Site;
  /** How long one measurement takes. */
  readonly seconds: number;
}

export interface Measurement {
  readonly kind: "pgbench" | "copy" | "connect";
  /** With the unit. */
  readonly name: string;
  run(subject: Subject, context: MeasurementContext): Promise<number>;
}

/** In the order in which they are made. */
export const MEASUREMENTS: readonly Measurement[] = [
  pgbench("pgbench -S -M prepared, 1 client (tps)", ["-M", "prepared", "-c", "1"]),
  pgbench("pgbench -S -M prepared, 8 clients (tps)", ["-M", "prepared", "-c", "8"]),
  pgbench("pgbench -S -M prepared, 64 clients (tps)", ["-M", "prepared", "-c", "64"]),
  pgbench("pgbench -S -C, 8 clients (tps)", ["-C", "-c", "8"]),
  { kind: "copy", name: "COPY out of 500 MB (MB/s)", run: copyOut },
  { kind: "connect", name: "new connections to an echo server (1/s)", run: newConnections },
];

function pgbench(name: string, args: readonly string[]): Measurement {
  return {
    kind: "pgbench",
    name,
    async run({ postgresPort }, { site, seconds }) {
      const program = join(site.postgres.binPath, "pgbench");
      const output = await run(program, [
        "-S",
        "-n",
        "-T",
        String(seconds),
        ...args,
        ...connection(postgresPort),
      ]);
      const tps = /^tps = ([0-9.]+)/m.exec(output)?.[1];
      if (tps === undefined) throw new Error(`pgbench printed no tps:\n${output}`);
      return Number(tps);
    },
  };
}

async function copyOut({ postgresPort }: Subject, { site }: MeasurementContext): Promise<number> {
  const text = `\\copy (SELECT repeat('x', 999) FROM generate_series(1, ${COPY_ROWS})) TO '/dev/null'`;
  const startMs = performance.now();
  await run(join(site.postgres.binPath, "psql"), ["-Xqc", text, ...connection(postgresPort)]);
  return COPY_ROWS * 1000 / 1e6 / ((performance.now() - startMs) / 1000);
}

async function newConnections({ echoPort }: Subject, { seconds }: MeasurementContext): Promise<number> {
  const script = new URL("./echo_client.ts", import.meta.url).pathname;
  const args = ["run", "-q", "--no-prompt", "--allow-net", script, String(echoPort), String(seconds)];
  return Number(await run(Deno.execPath(), args));
}

/** Resident memory of both proxies with many connections that do nothing, in lines for people. */
export async function measureIdle(site: Site): Promise<string[]> {
  const lines: string[] = [];
  for (const { name, pid, postgresPort } of site.subjects) {
    if (pid === undefined) continue;
    const before = residentMegabytes(pid);
    const close = await openIdle(postgresPort, IDLE_CONNECTIONS);
    const megabytes = residentMegabytes(pid);
    close();
    lines.push(
      `${name}: ${megabytes.toFixed(0)} MB resident with ${IDLE_CONNECTIONS} idle connections, ${
        before.toFixed(0)
      } MB before`,
    );
  }
  return lines;
}

function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1];
  return Number(kilobytes) * 1024 / 1e6;
}
