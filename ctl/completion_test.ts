import { assertEquals, assertStringIncludes } from "@std/assert";
import { clusterData, keeper } from "./test_data.ts";
import { Operator, ROOT } from "./test_operator.ts";

Deno.test("completion scripts are printed for the shells that are known", async (t) => {
  await using operator = await Operator.create();
  for (const shell of ["bash", "zsh", "fish"]) {
    await t.step(shell, async () => {
      const script = await operator.output(["completion", shell]);
      for (const word of ["clusterdata", "removekeeper", "cluster-name"]) assertStringIncludes(script, word);
    });
  }
  const unknown = await operator.run(["completion", "csh"]);
  assertEquals([unknown.code, unknown.stdout], [1, ""]);
});

Deno.test("completion in bash", async (t) => {
  await using operator = await Operator.create();
  await operator.write(clusterData({ keepers: [keeper("keeper1"), keeper("keeper2")] }));
  const cases: Record<string, [line: string, expected: string]> = {
    "subcommands": ["cl", "clusterdata"],
    "second words": ["clusterdata ", "read write"],
    "values that are few": ["--cluster-name x status --format ", "text json"],
    "after an equals sign": ["status --format = j", "json"],
    "a short flag means what it means there": ["init -f nowhe", "nowhere.json"],
    "flags of the subcommand": ["init --y", "--yes"],
    "uids of keepers": ["failkeeper ", "keeper1 keeper2"],
  };
  await Deno.writeTextFile(`${operator.directory}/nowhere.json`, "{}");
  for (const [name, [line, expected]] of Object.entries(cases)) {
    await t.step(name, async () => assertEquals(await completed(operator, line), expected));
  }
});

/** What bash would offer at the end of the line. */
async function completed(operator: Operator, line: string): Promise<string> {
  const script = `source <(stolonctl completion bash)
    COMP_WORDS=(stolonctl "$@") COMP_CWORD=$#
    _stolonctl
    echo "\${COMPREPLY[*]}"`;
  const stolonctl = `stolonctl() { sh "${ROOT}/scripts/role" "${Deno.execPath()}" ctl "$@"; }\n`;
  const { stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", stolonctl + script, "bash", ...line.split(" ")],
    cwd: operator.directory,
    env: operator.env,
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout).trim();
}
