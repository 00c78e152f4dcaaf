import { assertEquals } from "@std/assert";
import { compileArguments } from "./compile_arguments.ts";
import { PROGRAM_NAMES } from "./programs.ts";
import { ROLES } from "./role_permissions.ts";

const PLAN = {
  output: "dist/x",
  target: undefined,
  read: ["/etc/stolon"],
  sqlite: undefined,
  pgBinPath: undefined,
  exclude: [],
} as const;

interface BakedPermissions {
  readonly allow_env: readonly string[] | null;
  readonly ignore_env: readonly string[] | null;
  readonly allow_net: readonly string[] | null;
  readonly allow_ffi: readonly string[] | null;
  readonly allow_read: readonly string[] | null;
  readonly allow_run: readonly string[] | null;
  readonly allow_write: readonly string[] | null;
  readonly deny_import: readonly string[] | null;
  readonly prompt: boolean;
}

Deno.test("what an executable will need is baked in where its set leaves it out", () => {
  const flags = (plan: Partial<Parameters<typeof compileArguments>[0]>) =>
    compileArguments({ ...PLAN, role: "proxy", ...plan }).filter((flag) =>
      /^(-P|--allow|--target)/.test(flag)
    );
  const store = "/s.db,/s.db-wal,/s.db-shm,/s.db-journal";
  assertEquals(flags({}), ["-P=proxy", "--allow-read=/etc/stolon"]);
  assertEquals(flags({ sqlite: "/s.db" }), [
    "-P=proxy",
    `--allow-read=/etc/stolon,${store}`,
    `--allow-write=${store}`,
  ]);
  assertEquals(flags({ role: "ctl", sqlite: "/s.db" }), ["-P=ctl", `--allow-write=${store}`]);
  assertEquals(flags({ role: "keeper", sqlite: "/s.db" }), ["-P=keeper"]);
  assertEquals(flags({ target: "aarch64-apple-darwin" })[0], "--target");
});

/** Any program stands in for the runtime: what is proved is that the module graphs compile and what they carry. */
Deno.test("every program compiles up to the writing of the file, with its permissions baked in", async (t) => {
  const output = await Deno.makeTempDir({ prefix: "stolon-compile-test-" });
  try {
    await compileAll(output);
    for (const role of ROLES) {
      await t.step(role, async () => {
        const baked = await bakedPermissions(`${output}/${PROGRAM_NAMES[role]}`);
        assertEquals([baked.prompt, baked.allow_ffi, baked.deny_import], [false, null, []]);
        assertEquals(baked.ignore_env, [], "every other variable is unseen");
        assertEquals(baked.allow_run?.includes("initdb") ?? null, role === "keeper" ? true : null);
        assertEquals(baked.allow_write, role === "keeper" ? [] : null);
        assertEquals(baked.allow_read, role === "keeper" || role === "ctl" ? [] : ["/etc/stolon"]);
      });
    }
  } finally {
    await Deno.remove(output, { recursive: true });
  }
});

async function compileAll(output: string): Promise<void> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "compile", "--output", output],
    cwd: new URL("..", import.meta.url).pathname,
    env: { DENORT_BIN: "/bin/true" },
    stdout: "null",
    stderr: "piped",
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
}

/** Null: nothing of the kind. An empty list: all of it. */
async function bakedPermissions(executable: string): Promise<BakedPermissions> {
  const text = new TextDecoder("latin1").decode(await Deno.readFile(executable));
  const json = /"permissions":(\{"allow_env"[^}]*\})/.exec(text)?.[1];
  if (json === undefined) throw new Error(`${executable} holds no permissions`);
  return JSON.parse(json);
}

Deno.test("a missing runtime is explained", async () => {
  const output = await Deno.makeTempDir({ prefix: "stolon-compile-test-" });
  try {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "-q", "compile", "--output", output, "--only", "ctl"],
      cwd: new URL("..", import.meta.url).pathname,
      env: { DENORT_BIN: "/nowhere/denort" },
      stderr: "piped",
    }).output();
    const text = new TextDecoder().decode(stderr);
    assertEquals([code, text.includes("run this again with DENORT_BIN=")], [1, true], text);
    assertEquals(await Array.fromAsync(Deno.readDir(output)), [], "nothing half-made stays behind");
  } finally {
    await Deno.remove(output, { recursive: true });
  }
});
