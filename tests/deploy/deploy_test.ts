/** What is handed to operators beside the programs: systemd units, alert rules, dashboard, the three-node example. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { PROGRAM as CTL } from "../../ctl/program.ts";
import { KEEPER_PROGRAM } from "../../keeper/start/keeper_flags.ts";
import { PROXY_PROGRAM } from "../../proxy/proxy_flags.ts";
import { SENTINEL_PROGRAM } from "../../sentinel/start.ts";
import { variableName } from "../../common/command_line.ts";
import { attempt } from "../../scripts/apt.ts";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

async function has(program: string): Promise<boolean> {
  return (await attempt(program, ["--version"])).ok;
}

const HAS_SYSTEMD = await has("systemd-analyze");
const HAS_PROMTOOL = await has("promtool");

Deno.test({
  name: `the systemd units are right${HAS_SYSTEMD ? "" : " (skipped: no systemd-analyze here)"}`,
  ignore: !HAS_SYSTEMD,
  fn: async () => {
    const directory = await Deno.makeTempDir();
    for await (const { name } of Deno.readDir(`${ROOT}/deploy/systemd`)) {
      const unit = await Deno.readTextFile(`${ROOT}/deploy/systemd/${name}`);
      assertStringIncludes(unit, `ExecStart=/usr/local/bin/${name.replace(".service", "")}\n`);
      await Deno.writeTextFile(
        `${directory}/${name}`,
        unit.replace(/^ExecStart=.*$/m, "ExecStart=/bin/true"),
      );
      const { ok, text } = await attempt("systemd-analyze", ["verify", `${directory}/${name}`]);
      assertEquals([ok, text], [true, ""], name);
    }
    await Deno.remove(directory, { recursive: true });
  },
});

Deno.test({
  name: `the alert rules are right${HAS_PROMTOOL ? "" : " (skipped: no promtool here)"}`,
  ignore: !HAS_PROMTOOL,
  fn: async () => {
    const { ok, text } = await attempt("promtool", ["check", "rules", `${ROOT}/docs/monitoring/alerts.yml`]);
    assert(ok, text);
  },
});

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}

async function dashboardPanels(): Promise<readonly Panel[]> {
  return JSON.parse(await Deno.readTextFile(`${ROOT}/docs/monitoring/dashboard.json`)).panels;
}

Deno.test("every panel of the dashboard shows the chosen cluster alone", async () => {
  const panels = await dashboardPanels();
  assert(panels.length > 10);
  for (const { title, targets } of panels) {
    for (const { expr } of targets) assertStringIncludes(expr, 'cluster_name="$cluster"', title);
  }
});

Deno.test({
  name: `the dashboard's expressions are right${HAS_PROMTOOL ? "" : " (skipped: no promtool here)"}`,
  ignore: !HAS_PROMTOOL,
  fn: async () => {
    const expressions = (await dashboardPanels()).flatMap(({ targets }) => targets.map(({ expr }) => expr));
    const rules = expressions.map((expr, index) => ({ record: `panel:${index}`, expr }));
    const file = await Deno.makeTempFile({ suffix: ".yml" });
    await Deno.writeTextFile(file, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
    const { ok, text } = await attempt("promtool", ["check", "rules", file]);
    await Deno.remove(file);
    assert(ok, text);
  },
});

Deno.test("alert rules and dashboard name only metrics that the programs have", async () => {
  const sources = await Promise.all(
    [
      "common/metrics.ts",
      "keeper/keeper_metrics.ts",
      "sentinel/sentinel_metrics.ts",
      "proxy/proxy_metrics.ts",
    ].map(
      (path) => Deno.readTextFile(`${ROOT}/${path}`),
    ),
  );
  const code = sources.join("\n");
  for (const file of ["alerts.yml", "dashboard.json"]) {
    const text = await Deno.readTextFile(`${ROOT}/docs/monitoring/${file}`);
    const names = new Set(text.match(/\bstolon_(?:cluster|keeper|sentinel|proxy)_\w+/g));
    assert(names.size > 5);
    for (const name of names) {
      const bare = name.replace(/_bucket$/, "");
      const isKnown = code.includes(bare) ||
        code.includes(bare.replace(/^stolon_(keeper|sentinel|proxy)_/, ""));
      assertEquals([name, isKnown], [name, true]);
    }
  }
});

Deno.test("the three-node example sets only variables that the programs know", async () => {
  const directory = await Deno.makeTempDir();
  const args = ["2", "10.0.0.1", "10.0.0.2", "10.0.0.3", directory];
  const { ok, text } = await attempt(`${ROOT}/deploy/three-nodes/configure`, args);
  assertEquals([ok, text], [true, ""]);
  const programs = { keeper: KEEPER_PROGRAM, sentinel: SENTINEL_PROGRAM, proxy: PROXY_PROGRAM, ctl: CTL };
  for (const [name, program] of Object.entries(programs)) {
    const lines = (await Deno.readTextFile(`${directory}/${name}.env`)).trim().split("\n");
    const known = program.flags.map((flag) => variableName(flag.name, program.envPrefix));
    const set = lines.map((line) => line.split("=")[0] ?? "");
    assertEquals(set.filter((variable) => !known.includes(variable)), []);
    const required = program.flags.filter((flag) => flag.required).map((flag) =>
      variableName(flag.name, program.envPrefix)
    );
    assertEquals(required.filter((variable) => !set.includes(variable)), []);
  }
  assertStringIncludes(await Deno.readTextFile(`${directory}/keeper.env`), "STKEEPER_UID=node2\n");
  await Deno.remove(directory, { recursive: true });
});
