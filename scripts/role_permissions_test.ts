import { assertEquals, assertThrows } from "@std/assert";
import { GrantError, type Role, roleGrants, shellFlags } from "./role_permissions.ts";

interface Situation {
  readonly args?: string;
  readonly env?: Record<string, string>;
  readonly uid?: number;
  /** Existing paths, each with the path behind its links. */
  readonly real?: Record<string, string>;
}

function grants(role: Role, { args = "", env = {}, uid = 1000, real = {} }: Situation) {
  return roleGrants({
    role,
    args: args.split(" "),
    env: (name) => env[name],
    cwd: "/home/u",
    root: "/opt/stolon",
    uid,
    realPath: (path) => real[path],
  });
}

const MODULES = "/opt/stolon/node_modules";

Deno.test("a proxy reads the dependencies and its threads' code, and connects to whatever the store names", () => {
  assertEquals(grants("proxy", { args: "--cluster-name c --store-backend etcdv3" }), {
    read: [MODULES, "/opt/stolon/proxy", "/opt/stolon/cluster", "/opt/stolon/common"],
    write: [],
  });
});

Deno.test("a sentinel connects to the store and listens for metrics, and does nothing else", () => {
  const args = "--store-backend=etcdv3 --store-endpoints=10.0.0.1:2379,https://[fd00::2]:2379 " +
    "--metrics-listen-address=:9100 --initial-cluster-spec spec.json";
  assertEquals(grants("sentinel", { args }), {
    read: [MODULES, "/home/u/spec.json"],
    write: [],
    net: ["10.0.0.1:2379", "[fd00::2]:2379", "0.0.0.0:9100", "[::]:9100"],
  });
});

Deno.test("addresses of the store", async (t) => {
  const net = (args: string) => grants("ctl", { args }).net;
  const cases: Record<string, [string, string[]]> = {
    "etcd's default": ["--store-backend etcdv3", ["127.0.0.1:2379"]],
    "consul's default": ["--store-backend consul", ["127.0.0.1:8500"]],
    "sqlite has none": ["--store-backend sqlite --store-endpoints file:///s.db", []],
    "a name may be resolved by the client": [
      "--store-backend etcdv3 --store-endpoints https://etcd.example:2379/",
      ["etcd.example", "0.0.0.0/0:2379"],
    ],
    "localhost is both loopbacks": [
      "--store-backend consul --store-endpoints http://localhost:8500",
      ["localhost", "127.0.0.1:8500", "[::1]:8500"],
    ],
    "without a port": ["--store-backend etcdv3 --store-endpoints 10.0.0.1", ["10.0.0.1"]],
    "no address at all": ["--store-backend etcdv3 --store-endpoints file:///s.db,http://:1,a:99999", []],
    "consul's catalogue": [
      "--store-backend etcdv3 --store-endpoints 10.0.0.1:1 register",
      ["10.0.0.1:1", "127.0.0.1:8500"],
    ],
  };
  for (const [name, [args, expected]] of Object.entries(cases)) {
    await t.step(name, () => assertEquals(net(args), expected));
  }
});

Deno.test("the last flag wins over earlier ones and the environment", () => {
  const env = { STSENTINEL_STORE_BACKEND: "etcdv3", STSENTINEL_STORE_ENDPOINTS: "10.0.0.1:1" };
  assertEquals(grants("sentinel", { env }).net, ["10.0.0.1:1"]);
  const args = "--store-endpoints 10.0.0.2:2 --store-endpoints=10.0.0.3:3";
  assertEquals(grants("sentinel", { env, args }).net, ["10.0.0.3:3"]);
});

Deno.test("an ordinary user's keeper gets its data directory, its socket and PostgreSQL's programs", () => {
  const args = "--data-dir ../data --pg-port=5433 --pg-bin-path /usr/lib/postgresql/15/bin " +
    "--pg-su-passwordfile /run/secrets/su --store-backend sqlite --store-endpoints file:///var/s%20t.db";
  const result = grants("keeper", { args });
  const sqlite = ["/var/s t.db", "/var/s t.db-wal", "/var/s t.db-shm", "/var/s t.db-journal"];
  const written = [...sqlite, "/home/data", "/tmp/.s.PGSQL.5433"];
  assertEquals(result.write, written);
  assertEquals(result.read, [MODULES, "/run/secrets/su", ...written]);
  assertEquals(result.sys, ["uid", "gid", "hostname", "osUptime", "userInfo"]);
  assertEquals(result.run?.filter((program) => program.endsWith("initdb")), [
    "/usr/lib/postgresql/15/bin/initdb",
  ]);
  assertEquals(result.net, undefined);
});

Deno.test("root's keeper keeps the right to become PostgreSQL's user", () => {
  assertEquals(grants("keeper", { uid: 0 }).sys, undefined);
});

Deno.test("programs on PATH are granted by name, by path and by what a link leads to", () => {
  const real = { "/usr/local/bin/postgres": "/usr/lib/postgresql/15/bin/postgres" };
  const run = grants("keeper", { env: { PATH: "/bin:/usr/local/bin" }, real }).run ?? [];
  assertEquals(run.filter((program) => program.endsWith("postgres")), [
    "postgres",
    "/usr/local/bin/postgres",
    "/usr/lib/postgresql/15/bin/postgres",
  ]);
});

Deno.test("a data directory behind a link is granted under both names", () => {
  const real = { "/data": "/mnt/disk/data" };
  assertEquals(grants("keeper", { args: "--data-dir /data", real }).write, [
    "/data",
    "/mnt/disk/data",
    "/tmp/.s.PGSQL.5432",
  ]);
});

Deno.test("standard input is no file", () => {
  assertEquals(grants("ctl", { args: "update -f -" }).read, [MODULES]);
  assertEquals(grants("ctl", { args: "update -f spec.json" }).read, [MODULES, "/home/u/spec.json"]);
});

Deno.test("a comma cannot be granted", () => {
  assertThrows(() => grants("keeper", { args: "--data-dir /a,b" }), GrantError, '"/a,b" contains a comma');
});

Deno.test("flags are quoted for the shell, and nothing granted means all denied", () => {
  assertEquals(
    shellFlags({ read: ["/it's", "/b"], write: [] }),
    `'--allow-read=/it'\\''s,/b' --deny-write`,
  );
});
