/** The cluster that README sets up by hand: its very commands, on other ports and in another directory. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { logTails, PortPool, REPOSITORY, runCommand, Stage, waitUntil } from "./harness/mod.ts";
import { ensureEtcd } from "../../scripts/setup.ts";

const BLOCK = /readme_test\.ts -->\n+```sh\n([\s\S]*?)```/;
const FEWER_THAN = 10;
/** What a shell at a terminal would do with the jobs in the background when it is closed. */
const END_ALL_AT_TERM = `trap 'trap "" TERM; kill 0; wait; exit 0' TERM`;

async function commandsOfReadme(): Promise<string[]> {
  const text = await Deno.readTextFile(join(REPOSITORY, "README.md"));
  const block = BLOCK.exec(text)?.[1];
  assert(block !== undefined, "README has no block of commands for a cluster by hand");
  return block.trim().split("\n");
}

/** etcd's ports and the store's endpoint are not named in the commands: the environment moves them. */
async function otherPlaces(ports: PortPool): Promise<Record<string, string>> {
  const client = `http://127.0.0.1:${await ports.take()}`;
  const peer = `http://127.0.0.1:${await ports.take()}`;
  const prefixes = ["STKEEPER", "STSENTINEL", "STPROXY", "STOLONCTL"];
  const { etcd } = await ensureEtcd();
  return {
    PATH: `${join(Deno.execPath(), "..")}:${join(etcd, "..")}:${Deno.env.get("PATH")}`,
    ETCD_LISTEN_CLIENT_URLS: client,
    ETCD_ADVERTISE_CLIENT_URLS: client,
    ETCD_LISTEN_PEER_URLS: peer,
    ETCD_INITIAL_ADVERTISE_PEER_URLS: peer,
    ETCD_INITIAL_CLUSTER: `default=${peer}`,
    ...Object.fromEntries(prefixes.map((prefix) => [`${prefix}_STORE_ENDPOINTS`, client])),
  };
}

Deno.test("the cluster that README sets up by hand comes up and serves", async () => {
  const commands = await commandsOfReadme();
  assert(commands.length < FEWER_THAN, `${commands.length} commands`);
  await using stage = await Stage.open({ prefix: "stolon-readme-" });
  const ports = new PortPool();
  const env = await otherPlaces(ports);
  const numbers = new Map<string, number>();
  for (const port of ["25430", "25431", "25432", "25433"]) numbers.set(port, await ports.take());
  const keeperPorts = [1, 2, 3].map((n) => numbers.get(`2543${n}`));
  for (const port of numbers.values()) await stage.noteLeftover("port", port);
  const directory = join(stage.directory, "by-hand");
  const moved = commands.map((command) =>
    command.replaceAll("/tmp/stolon-by-hand", directory)
      .replace("2543$n", `$(echo ${keeperPorts.join(" ")} | cut -d' ' -f$n)`)
      .replaceAll("25430", String(numbers.get("25430")))
  );
  const psql = moved.pop() ?? "";

  const script = [END_ALL_AT_TERM, ...moved, "while :; do wait; sleep 1; done"].join("\n");
  const shell = stage.start(["bash", "-c", script], { name: "terminal", rank: "role", cwd: REPOSITORY, env });
  try {
    await waitUntil("psql through the proxy", async () => {
      const { stdout } = await runCommand(["bash", "-c", `${psql} -Atc 'SELECT 1'`]);
      return stdout.trim() === "1";
    }, { timeoutMs: 120_000, everyMs: 500 });
    await waitUntil("three keepers in service", async () => {
      const status = moved.find((command) => command.includes("ctl status")) ?? "";
      const { stdout } = await runCommand(["bash", "-c", `${status} -f json`], { cwd: REPOSITORY, env });
      const { keepers } = JSON.parse(stdout);
      return keepers.length === 3 && keepers.every((keeper: { pg_healthy: boolean }) => keeper.pg_healthy);
    }, { timeoutMs: 120_000, everyMs: 1_000 });
  } catch (error) {
    throw new Error(`${error}\n${await logTails(join(stage.directory, "logs"))}`, { cause: error });
  }
  Deno.kill(shell.pid, "SIGTERM");
  assertEquals((await shell.status).code, 0);
  assertEquals((await runCommand(["pgrep", "-f", "--", directory])).stdout, "", "processes that are left");
  await ports.release();
});
