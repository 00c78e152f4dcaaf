/** Real PostgreSQL and its real clients through the proxy: whatever works directly works through it. */
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { Client } from "pg";
import { Authority } from "../servers/certificates.ts";
import { type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { ProxyStage } from "../servers/proxy_stage.ts";
import { serverTest } from "../servers/server_process.ts";
import { waitFor } from "../servers/wait_for.ts";

const MILLION = 1_000_000;

interface Through {
  readonly stage: ProxyStage;
  readonly postgres: PostgresServer;
}

/** Runs one of PostgreSQL's programs against the proxy and returns what it printed. */
async function program({ stage, postgres }: Through, name: string, args: readonly string[]): Promise<string> {
  const command = new Deno.Command(postgres.binPath === "" ? name : join(postgres.binPath, name), {
    args: [...args],
    env: {
      ...{ PGHOST: "127.0.0.1", PGPORT: String(stage.port), PGUSER: "postgres", PGDATABASE: "postgres" },
      PGCONNECT_TIMEOUT: "20",
    },
  });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${name} ${args.join(" ")}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

async function sql(through: Through, text: string): Promise<string> {
  return (await program(through, "psql", ["-XAtqc", text])).trim();
}

async function client({ stage }: Through): Promise<Client & AsyncDisposable> {
  const made = new Client({ host: "127.0.0.1", port: stage.port, user: "postgres", database: "postgres" });
  await made.connect();
  return Object.assign(made, { [Symbol.asyncDispose]: () => made.end() });
}

serverTest(
  "psql, pgbench, npm:pg, COPY, a million rows both ways, cancel and replication through the proxy",
  async (t) => {
    await using postgres = await startPostgres();
    await using stage = await ProxyStage.start();
    await stage.forward({ dbUid: "db", port: postgres.port });
    const through = { stage, postgres };
    const directory = await Deno.makeTempDir({ prefix: "proxy-postgres-" });

    await t.step("psql", async () => {
      assertEquals(await sql(through, "SELECT 6 * 7"), "42");
      await assertRejects(() => sql(through, "SELECT 1/0"), Error, "division by zero");
    });

    await t.step("pgbench, also with a connection per transaction", async () => {
      await program(through, "pgbench", ["-i", "-q", "-s", "1"]);
      const select = await program(through, "pgbench", [
        "-S",
        "-M",
        "prepared",
        "-c",
        "16",
        "-t",
        "200",
        "-n",
      ]);
      assertStringIncludes(select, "number of transactions actually processed: 3200/3200");
      const connects = await program(through, "pgbench", ["-S", "-C", "-c", "4", "-t", "20", "-n"]);
      assertStringIncludes(connects, "number of transactions actually processed: 80/80");
      const writes = await program(through, "pgbench", ["-c", "8", "-t", "50", "-n"]);
      assertStringIncludes(writes, "number of transactions actually processed: 400/400");
    });

    await t.step("npm:pg: parameters, large values, errors that leave the connection usable", async () => {
      await using connection = await client(through);
      const large = "x".repeat(5_000_000);
      const { rows } = await connection.query("SELECT length($1::text) AS length, $1::text AS text", [large]);
      assertEquals(rows[0].length, large.length);
      assertEquals(rows[0].text, large);
      await assertRejects(() => connection.query("SELECT nothing"), Error, "nothing");
      assertEquals((await connection.query("SELECT 1 AS one")).rows, [{ one: 1 }]);
    });

    await t.step("COPY of a million rows in and out, byte for byte", async () => {
      const [input, output] = [join(directory, "in.csv"), join(directory, "out.csv")];
      const lines = Array.from({ length: MILLION }, (_, row) => `${row},${(row * 2654435761) % 4294967296}`);
      await Deno.writeTextFile(input, lines.join("\n") + "\n");
      await sql(through, "CREATE TABLE million (id int PRIMARY KEY, hash bigint)");
      await program(through, "psql", ["-Xqc", `\\copy million FROM '${input}' CSV`]);
      assertEquals(await sql(through, "SELECT count(*), sum(id) FROM million"), "1000000|499999500000");
      await program(through, "psql", [
        "-Xqc",
        `\\copy (SELECT * FROM million ORDER BY id) TO '${output}' CSV`,
      ]);
      assert(await Deno.readTextFile(output) === await Deno.readTextFile(input), "the rows differ");
    });

    await t.step("a million rows as a result, and as parameters", async () => {
      await using connection = await client(through);
      const { rows } = await connection.query("SELECT id FROM million ORDER BY id");
      assertEquals(rows.length, MILLION);
      assertEquals(rows[MILLION - 1].id, MILLION - 1);
      const ids = rows.map((row) => row.id);
      const sum = await connection.query("SELECT sum(id) AS sum FROM unnest($1::int[]) AS id", [ids]);
      assertEquals(sum.rows[0].sum, "499999500000");
    });

    await t.step("a cancel request reaches the server", async () => {
      const script = "psql -XAtqc 'SELECT pg_sleep(600)' & sleep 1; kill -INT $!; wait $!";
      const started = performance.now();
      const { stderr } = await new Deno.Command("/bin/sh", {
        args: ["-c", `PATH="${postgres.binPath}:$PATH"; ${script}`],
        env: { PGHOST: "127.0.0.1", PGPORT: String(stage.port), PGUSER: "postgres", PGDATABASE: "postgres" },
      }).output();
      assertStringIncludes(new TextDecoder().decode(stderr), "canceling statement due to user request");
      assert(performance.now() - started < 300_000);
    });

    await t.step("replication protocol: pg_basebackup and pg_receivewal", async () => {
      const backup = join(directory, "backup");
      await program(through, "pg_basebackup", ["-D", backup, "-X", "stream", "-c", "fast"]);
      assertMatch(await Deno.readTextFile(join(backup, "PG_VERSION")), /^\d+\n$/);
      const wal = join(directory, "wal");
      await Deno.mkdir(wal);
      const end = await sql(through, "SELECT pg_current_wal_lsn()");
      await sql(through, "INSERT INTO million VALUES (-1, -1)");
      await program(through, "pg_receivewal", ["-D", wal, "-E", end, "--no-loop"]);
      assert((await Array.fromAsync(Deno.readDir(wal))).length > 0);
    });

    await t.step("a dropped client sees its connection end, and can connect again", async () => {
      const connection = await client(through);
      const ended = new Promise((resolve) => connection.on("error", resolve));
      await stage.publish(undefined);
      await ended;
      await assertRejects(() => client(through));
      await stage.forward({ dbUid: "db", port: postgres.port });
      assertEquals(await sql(through, "SELECT 1"), "1");
      await waitFor("the server to notice", async () => await sql(through, OTHER_BACKENDS) === "0");
    });
    await Deno.remove(directory, { recursive: true });
  },
);

const OTHER_BACKENDS =
  "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";

serverTest("TLS goes through the proxy from end to end, with the server's certificate checked", async () => {
  const directory = await Deno.makeTempDir({ prefix: "proxy-tls-" });
  const authority = await Authority.create(directory, "authority");
  const tls = await authority.issue("server", "IP:127.0.0.1,DNS:localhost");
  await using postgres = await startPostgres({ tls });
  await using stage = await ProxyStage.start();
  await stage.forward({ dbUid: "db", port: postgres.port });
  const target = `host=127.0.0.1 port=${stage.port} user=postgres dbname=postgres`;
  const { success, stdout, stderr } = await new Deno.Command(join(postgres.binPath, "psql"), {
    args: [
      "-XAtqc",
      "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
      `${target} sslmode=verify-full sslrootcert=${authority.cert}`,
    ],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  assertEquals(new TextDecoder().decode(stdout).trim(), "t");
  const connection = new Client({
    ...{ host: "127.0.0.1", port: stage.port, user: "postgres", database: "postgres" },
    ssl: { ca: await Deno.readTextFile(authority.cert), checkServerIdentity: () => undefined },
  });
  await connection.connect();
  const { rows } = await connection.query("SELECT length(repeat('x', 3000000)) AS length");
  assertEquals(rows[0].length, 3_000_000);
  await connection.end();
  await Deno.remove(directory, { recursive: true });
});
