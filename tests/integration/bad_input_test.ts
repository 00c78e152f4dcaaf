/** What the four programs refuse: one clear line each, exit code 1, and nothing changed on disk. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { ensurePostgres } from "../../scripts/setup.ts";
import { DataDirLock } from "../../keeper/data_dir_lock.ts";
import {
  launcherCommand,
  type Owner,
  postgresOwner,
  REPOSITORY,
  reservePort,
  type RoleName,
  runCommand,
  TemporaryDirectory,
} from "./harness/mod.ts";

const { binDir } = await ensurePostgres();

/** What a case may put into its command line. */
interface Place {
  readonly directory: string;
  /** Elsewhere: the embedded store is made by whoever opens it first, which is no part of what is refused. */
  readonly storeFile: string;
  /** A port that somebody listens on. */
  readonly takenPort: number;
  readonly freePort: number;
  /** Whom keepers become when they are started as root. */
  readonly owner: Owner | undefined;
}

interface Refusal {
  readonly role: RoleName;
  readonly args: (place: Place) => readonly string[];
  /** Makes what the case needs before the command runs. */
  readonly prepare?: (place: Place) => void | Disposable;
  /** Parts of the one line. */
  readonly says: (place: Place) => readonly string[];
}

const STORE = ({ storeFile }: Place) => [
  "--cluster-name=c",
  "--store-backend=sqlite",
  `--store-endpoints=file://${storeFile}`,
];
const KEEPER = (place: Place, dataDir = `${place.directory}/data`) => [
  ...STORE(place),
  "--uid=keeper1",
  `--data-dir=${dataDir}`,
  "--pg-listen-address=127.0.0.1",
  `--pg-port=${place.freePort}`,
  `--pg-bin-path=${binDir}`,
  "--pg-repl-username=repl",
  "--pg-repl-password=one",
  "--pg-su-password=two",
];
const UNREACHABLE = ({ freePort }: Place) => [
  "--cluster-name=c",
  "--store-backend=etcdv3",
  `--store-endpoints=http://127.0.0.1:${freePort}`,
  "--store-timeout=1s",
];

const REFUSALS: Readonly<Record<string, Refusal>> = {
  "keeper: unknown flag": {
    role: "keeper",
    args: (place) => [...KEEPER(place), "--data-dri=/x"],
    says: () => ["--data-dri", "--data-dir"],
  },
  "keeper: missing flag": {
    role: "keeper",
    args: (place) => [...STORE(place), "--pg-listen-address=127.0.0.1", "--pg-repl-username=repl"],
    says: () => ["--data-dir", "required"],
  },
  "keeper: PostgreSQL not found": {
    role: "keeper",
    args: (place) => [...KEEPER(place), `--pg-bin-path=${place.directory}/nowhere`],
    says: ({ directory }) => [`${directory}/nowhere/`, "--pg-bin-path"],
  },
  "keeper: port taken": {
    role: "keeper",
    args: (place) => [...KEEPER(place), `--pg-port=${place.takenPort}`],
    says: ({ takenPort }) => [`port ${takenPort}`, "taken"],
  },
  "keeper: data directory of another uid": {
    role: "keeper",
    args: (place) => KEEPER(place),
    prepare: ({ directory }) => {
      Deno.mkdirSync(`${directory}/data`);
      Deno.writeTextFileSync(`${directory}/data/keeperstate`, '{"UID":"other","ClusterUID":"c1"}');
    },
    says: () => ['"other"', '"keeper1"'],
  },
  "keeper: data directory locked": {
    role: "keeper",
    args: (place) => KEEPER(place),
    prepare: ({ directory, owner }) => {
      Deno.mkdirSync(`${directory}/data`);
      const lock = DataDirLock.take(`${directory}/data`);
      giveTo(owner, [`${directory}/data`, `${directory}/data/lock`]);
      return lock;
    },
    says: () => ["cannot take exclusive lock on data dir"],
  },
  "keeper: data directory not writable": {
    role: "keeper",
    args: (place) => KEEPER(place, `${place.directory}/file/data`),
    prepare: ({ directory }) => Deno.writeTextFileSync(`${directory}/file`, "not a directory"),
    says: ({ directory }) => [`${directory}/file`],
  },
  "keeper: no password for md5": {
    role: "keeper",
    args: (place) => KEEPER(place).filter((arg) => !arg.startsWith("--pg-su-password")),
    says: () => ["password"],
  },
  "sentinel: unknown flag": {
    role: "sentinel",
    args: (place) => [...STORE(place), "--initial-cluster-sepc=x"],
    says: () => ["--initial-cluster-sepc", "--initial-cluster-spec"],
  },
  "sentinel: missing flag": {
    role: "sentinel",
    args: () => ["--store-backend=sqlite"],
    says: () => ["--cluster-name", "required"],
  },
  "sentinel: no such spec file": {
    role: "sentinel",
    args: (place) => [...STORE(place), `--initial-cluster-spec=${place.directory}/spec.json`],
    says: ({ directory }) => [`${directory}/spec.json`],
  },
  "sentinel: bad spec": {
    role: "sentinel",
    args: (place) => [...STORE(place), `--initial-cluster-spec=${place.directory}/spec.json`],
    prepare: ({ directory }) =>
      Deno.writeTextFileSync(`${directory}/spec.json`, '{"initMode":"new","failInterval":"-5s"}'),
    says: () => ["failInterval", "-5s"],
  },
  "proxy: unknown flag": {
    role: "proxy",
    args: (place) => [...STORE(place), "--listen-adress=x"],
    says: () => ["--listen-adress", "--listen-address"],
  },
  "proxy: missing flag": {
    role: "proxy",
    args: () => ["--cluster-name=c"],
    says: () => ["--store-backend", "required"],
  },
  "proxy: port taken": {
    role: "proxy",
    args: (place) => [...STORE(place), `--port=${place.takenPort}`],
    says: ({ takenPort }) => [`${takenPort}`],
  },
  "stolonctl: unknown command": {
    role: "ctl",
    args: (place) => ["statsu", ...STORE(place)],
    says: () => ["statsu", "status"],
  },
  "stolonctl: bad spec": {
    role: "ctl",
    args: (place) => ["init", "-y", '{"initMod":"new"}', ...STORE(place)],
    says: () => ["initMod", "initMode"],
  },
  "stolonctl: unreachable store": {
    role: "ctl",
    args: (place) => ["status", ...UNREACHABLE(place)],
    says: ({ freePort }) => [`127.0.0.1:${freePort}`],
  },
  "stolonctl: unsupported store": {
    role: "ctl",
    args: () => ["status", "--cluster-name=c", "--store-backend=kubernetes"],
    says: () => ["kubernetes", "sqlite"],
  },
};

function giveTo(owner: Owner | undefined, paths: readonly string[]): void {
  if (owner === undefined) return;
  for (const path of paths) Deno.chownSync(path, owner.uid, owner.gid);
}

/** Every file below the directory with what would change if it were written. */
function inventory(directory: string): string[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) => {
    const path = join(directory, name);
    const { size, mtime, mode, uid } = Deno.lstatSync(path);
    const own = `${path} ${size} ${mtime?.getTime()} ${mode} ${uid}`;
    return isDirectory ? [own, ...inventory(path)] : [own];
  }).sort();
}

/** Lines that are errors: warnings that go before them are allowed. */
function errorLines(stderr: string): string[] {
  return stderr.split("\n").filter((line) => line !== "" && !/\t(WARN|INFO)\t/.test(line));
}

for (const [name, refusal] of Object.entries(REFUSALS)) {
  Deno.test(`refused: ${name}`, async () => {
    await using own = await TemporaryDirectory.make("stolon-refused-");
    await using elsewhere = await TemporaryDirectory.make("stolon-refused-store-");
    const directory = own.path;
    await using free = await reservePort();
    await using taken = await reservePort();
    using _listener = Deno.listen({ hostname: "127.0.0.1", port: taken.port });
    const place = {
      directory,
      storeFile: `${elsewhere.path}/store.db`,
      takenPort: taken.port,
      freePort: free.port,
      owner: await postgresOwner(),
    };
    using _prepared = refusal.prepare?.(place) ?? null;
    const before = inventory(directory);

    const command = launcherCommand(refusal.role, refusal.args(place));
    const { code, stdout, stderr } = await runCommand(["timeout", "60", ...command], { cwd: REPOSITORY });

    assertEquals(code, 1, stderr);
    assertEquals(stdout, "");
    const lines = errorLines(stderr);
    assertEquals(lines.length, 1, stderr);
    for (const part of refusal.says(place)) assertStringIncludes(lines[0] ?? "", part);
    assert(!stderr.includes("    at "), `a stack trace: ${stderr}`);
    assertEquals(inventory(directory), before);
  });
}
