import { assertEquals, assertMatch } from "@std/assert";
import { configureLogging, getLogger } from "./log.ts";

function capture(settings: { format: "text" | "json"; color: boolean; level?: "info" | "debug" }): string[] {
  const lines: string[] = [];
  configureLogging({
    level: settings.level ?? "info",
    ...settings,
    write: (line) => lines.push(new TextDecoder().decode(line)),
  });
  return lines;
}

Deno.test("text lines have four columns and details with spaced JSON", () => {
  const lines = capture({ format: "text", color: false });
  getLogger("keeper").info("replication role created", { role: "repl", position: 9007199254740993n });
  assertMatch(
    lines[0] ?? "",
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\tINFO\tkeeper\treplication role created\t\{"role": "repl", "position": 9007199254740993\}\n$/,
  );
});

Deno.test("braces, tabs, newlines and foreign letters stay text on one plain line", () => {
  const lines = capture({ format: "text", color: false });
  getLogger("keeper").warn("a {b}\tc\nd \u00e9", { "k\u00e9y": ["x\ny"] });
  assertEquals(lines[0]?.split("\t").slice(1), [
    "WARN",
    "keeper",
    "a {b}\\tc\\nd \\u00e9",
    '{"k\\u00e9y": ["x\\ny"]}\n',
  ]);
});

Deno.test("colour touches the level word only", () => {
  const lines = capture({ format: "text", color: true });
  getLogger("proxy").error("m");
  assertEquals(lines[0]?.split("\t").slice(1), ["\x1b[31mERROR\x1b[0m", "proxy", "m\n"]);
});

Deno.test("json lines carry message and details, levels filter", () => {
  const lines = capture({ format: "json", color: false });
  getLogger("sentinel").debug("hidden");
  getLogger("sentinel").info("elected", { message: "own", lag: 3n });
  assertEquals(lines.length, 1);
  const { time: _time, ...rest } = JSON.parse(lines[0] ?? "");
  assertEquals(rest, {
    level: "info",
    component: "sentinel",
    message: "elected",
    details: { message: "own", lag: 3 },
  });
});
