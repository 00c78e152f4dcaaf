/** What each role may and may not do, proved by a probe in the place of its main.ts under the real launcher and set. */
import { assertEquals, assertMatch } from "@std/assert";
import { ensurePostgres } from "../../scripts/setup.ts";
import { type Role, ROLES } from "../../scripts/role_permissions.ts";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** A project whose roles are the probe: launcher, permission sets and dependencies are the real ones. */
class ProbedProject implements AsyncDisposable {
  private constructor(readonly root: string, readonly data: string) {}

  static async create(): Promise<ProbedProject> {
    const root = await Deno.makeTempDir({ prefix: "stolon-probe-" });
    const data = await Deno.makeTempDir({ prefix: "stolon-probe-data-" });
    await Deno.mkdir(`${root}/scripts`);
    for (
      const name of ["role", "permissions.ts", "role_permissions.ts", "role_flags.ts", "role_addresses.ts"]
    ) {
      await Deno.copyFile(`${ROOT}/scripts/${name}`, `${root}/scripts/${name}`);
    }
    await Deno.mkdir(`${root}/store/sqlite`, { recursive: true });
    await Deno.copyFile(`${ROOT}/store/sqlite/file_path.ts`, `${root}/store/sqlite/file_path.ts`);
    for (const name of ["deno.json", "deno.lock"]) await Deno.copyFile(`${ROOT}/${name}`, `${root}/${name}`);
    await Deno.symlink(`${ROOT}/node_modules`, `${root}/node_modules`);
    for (const role of ROLES) {
      await Deno.mkdir(`${root}/${role}`);
      await Deno.copyFile(new URL("probe.ts", import.meta.url), `${root}/${role}/main.ts`);
    }
    return new ProbedProject(root, data);
  }

  /** As `deno task keeper ...`. */
  launched(
    role: Role,
    flags: readonly string[],
    attempts: readonly string[],
  ): Promise<Record<string, string>> {
    return this.#probe("sh", [`${this.root}/scripts/role`, Deno.execPath(), role, ...flags], attempts);
  }

  /** As `deno run -P=keeper keeper/main.ts ...`. */
  bare(role: Role, attempts: readonly string[]): Promise<Record<string, string>> {
    const args = ["run", "-q", "--no-prompt", "--cached-only", `-P=${role}`, `${this.root}/${role}/main.ts`];
    return this.#probe(Deno.execPath(), args, attempts);
  }

  async #probe(
    program: string,
    args: readonly string[],
    attempts: readonly string[],
  ): Promise<Record<string, string>> {
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args: [...args, "--try", ...attempts],
      cwd: this.root,
      env: {
        INIT_CWD: "",
        STKEEPER_X: "1",
        STSENTINEL_X: "1",
        STPROXY_X: "1",
        STOLONCTL_X: "1",
        SECRET: "1",
      },
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    return JSON.parse(new TextDecoder().decode(stdout));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
    await Deno.remove(this.data, { recursive: true });
  }
}

const ENV: Readonly<Record<Role, string>> = {
  keeper: "STKEEPER_X",
  sentinel: "STSENTINEL_X",
  proxy: "STPROXY_X",
  ctl: "STOLONCTL_X",
};

/** What no role may do, however it is started. */
const NEVER = [
  "run:/usr/bin/id",
  "ffi:/lib/x86_64-linux-gnu/libc.so.6",
  "import:https://example.com/x.ts",
  "env:SECRET",
  "ask:",
];
/** What no role that can't write may do. */
const OUTSIDE = [
  "read:/etc/hostname",
  "write:/tmp/stolon-probe-x",
  "run:/bin/sh",
  "run:initdb",
  "sys:hostname",
];
const STORE = "--store-backend=etcdv3";

function all(what: readonly string[], state: "allowed" | "denied"): Record<string, string> {
  return Object.fromEntries(what.map((one) => [one, state]));
}

async function assertProbe(
  probe: (attempts: readonly string[]) => Promise<Record<string, string>>,
  expected: Readonly<Record<string, string>>,
): Promise<void> {
  assertEquals(await probe(Object.keys(expected)), expected);
}

Deno.test("sentinel and stolonctl reach the store and nothing else", async (t) => {
  await using project = await ProbedProject.create();
  for (const role of ["sentinel", "ctl"] as const) {
    await t.step(
      role,
      () =>
        assertProbe(
          (attempts) => project.launched(role, [STORE, "--store-endpoints=127.0.0.1:9"], attempts),
          {
            ...all([...NEVER, ...OUTSIDE, "connect:127.0.0.1:10", "listen:127.0.0.1:0"], "denied"),
            ...all(
              [`read:${project.root}/node_modules/etcd3`, "connect:127.0.0.1:9", `env:${ENV[role]}`],
              "allowed",
            ),
          },
        ),
    );
  }
});

Deno.test("a proxy connects where the store says, and touches nothing on its machine", async () => {
  await using project = await ProbedProject.create();
  await assertProbe((attempts) => project.launched("proxy", [STORE], attempts), {
    ...all([...NEVER, ...OUTSIDE], "denied"),
    ...all(["connect:127.0.0.1:9", "listen:127.0.0.1:0", "env:STPROXY_X"], "allowed"),
  });
});

Deno.test("files that flags name can be read, and only those", async () => {
  await using project = await ProbedProject.create();
  const { data } = project;
  const flags = [STORE, `--store-ca-file=${data}/ca.pem`, "--store-key", `${data}/key.pem`];
  await assertProbe((attempts) => project.launched("proxy", flags, attempts), {
    [`read:${data}/ca.pem`]: "allowed",
    [`read:${data}/key.pem`]: "allowed",
    [`read:${data}/other.pem`]: "denied",
    [`write:${data}/ca.pem`]: "denied",
  });
  await assertProbe((attempts) => project.launched("ctl", ["init", "-f", `${data}/spec.json`], attempts), {
    [`read:${data}/spec.json`]: "allowed",
    [`read:${data}/other.json`]: "denied",
  });
});

Deno.test("with a SQLite store a sentinel writes that file and has no network", async () => {
  await using project = await ProbedProject.create();
  const { data } = project;
  const flags = ["--store-backend=sqlite", `--store-endpoints=file://${data}/s.db`];
  await assertProbe((attempts) => project.launched("sentinel", flags, attempts), {
    [`write:${data}/s.db`]: "allowed",
    [`write:${data}/other`]: "denied",
    "connect:127.0.0.1:9": "denied",
    "listen:127.0.0.1:0": "denied",
  });
});

Deno.test("a keeper has its data directory and its programs", async () => {
  await using project = await ProbedProject.create();
  const { data } = project;
  const flags = [STORE, `--data-dir=${data}`, "--pg-port=54329", "--pg-bin-path=/opt/postgresql/bin"];
  await assertProbe((attempts) => project.launched("keeper", flags, attempts), {
    ...all([...NEVER, "read:/etc/hostname", "write:/tmp/stolon-probe-x", "run:initdb"], "denied"),
    ...all([`write:${data}/x`, `read:${data}/y`, "read:/tmp/.s.PGSQL.54329"], "allowed"),
    ...all(
      ["run:/opt/postgresql/bin/initdb", "run:/bin/sh", "connect:127.0.0.1:9", "env:STKEEPER_X"],
      "allowed",
    ),
  });
});

Deno.test("what lies beside the data directory is not granted with it", async () => {
  await using project = await ProbedProject.create();
  const flags = [STORE, `--data-dir=${project.data}/keeper`, "--pg-bin-path=/opt/postgresql/bin"];
  await assertProbe((attempts) => project.launched("keeper", flags, attempts), {
    [`read:${project.data}/keeper/../other`]: "denied",
    [`write:${project.data}/keeperx`]: "denied",
  });
});

Deno.test("bare runs under the sets of deno.json", async (t) => {
  await using project = await ProbedProject.create();
  for (const role of ["sentinel", "proxy"] as const) {
    await t.step(role, () =>
      assertProbe((attempts) => project.bare(role, attempts), {
        ...all([...NEVER, ...OUTSIDE], "denied"),
        ...all(["connect:127.0.0.1:9", `env:${ENV[role]}`], "allowed"),
      }));
  }
  await t.step("ctl", () =>
    assertProbe((attempts) => project.bare("ctl", attempts), {
      ...all([...NEVER, "write:/tmp/stolon-probe-x", "run:/bin/sh"], "denied"),
      ...all(["read:/etc/hostname", "connect:127.0.0.1:9"], "allowed"),
    }));
  await t.step("keeper", () =>
    assertProbe((attempts) => project.bare("keeper", attempts), {
      ...all(NEVER, "denied"),
      ...all([`write:${project.data}/x`, "run:/bin/sh"], "allowed"),
    }));
});

const ETCD = ["--cluster-name=c", STORE, "--store-endpoints=127.0.0.1:9"];

Deno.test("a bare run that lacks a permission ends with one line that names the flag", async (t) => {
  const directory = await Deno.makeTempDir({ prefix: "stolon-permissions-test-" });
  const sqlite = ["--cluster-name=c", "--store-backend=sqlite", `--store-endpoints=${directory}/s.db`];
  const { binDir } = await ensurePostgres();
  const keeper = [
    ...ETCD,
    `--data-dir=${directory}`,
    "--pg-listen-address=127.0.0.1",
    `--pg-bin-path=${binDir}`,
  ]
    .concat(
      "--pg-repl-username=r",
      "--pg-repl-auth-method=trust",
      "--pg-su-auth-method=trust",
      "--pg-port=1",
    );
  const cases: [role: Role, permissions: string[], flags: string[], missing: string][] = [
    ["sentinel", [], ETCD, "env"],
    ["sentinel", ["--allow-env"], ETCD, "net"],
    ["sentinel", ["-P=sentinel", "--allow-net=127.0.0.1:10"], ETCD, "net"],
    ["sentinel", ["-P=sentinel"], sqlite, "read"],
    ["sentinel", ["-P=sentinel", `--allow-read=${directory}`], sqlite, "write"],
    ["sentinel", ["-P=sentinel"], [...ETCD, `--store-ca-file=${directory}/ca.pem`], "read"],
    ["proxy", [], ETCD, "env"],
    ["proxy", ["-P=proxy", "--allow-net=127.0.0.1:10"], ETCD, "net"],
    ["proxy", ["-P=proxy", "--allow-read=/nowhere"], ETCD, "read"],
    ["ctl", [], [...ETCD, "status"], "env"],
    ["ctl", ["-P=ctl", "--allow-net=127.0.0.1:10"], [...ETCD, "status"], "net"],
    ["ctl", ["-P=ctl"], [...sqlite, "status"], "write"],
    ["keeper", ["-P=keeper", "--allow-run=/bin/sh"], keeper, "run"],
    [
      "keeper",
      ["-P=keeper", `--allow-run=${binDir}/postgres,/bin/sh`, "--allow-write=/nowhere"],
      keeper,
      "write",
    ],
  ];
  for (const [role, permissions, flags, missing] of cases) {
    await t.step(`${role} ${permissions.join(" ")}: --allow-${missing}`, async () => {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-q", "--no-prompt", "--cached-only", ...permissions, `${role}/main.ts`, ...flags],
        cwd: ROOT,
      }).output();
      const lines = new TextDecoder().decode(stderr).split("\n").filter((line) =>
        line !== "" && !line.includes("WARN")
      );
      assertEquals([code, lines.length], [1, 1], lines.join("\n"));
      assertMatch(lines[0] ?? "", new RegExp(`Requires ${missing} access to .*--allow-${missing}\\b`));
    });
  }
  await Deno.remove(directory, { recursive: true });
});
