import { assertEquals } from "@std/assert";
import { directionProblems, entranceProblems, purityProblems } from "./rooms.ts";
import { importsOf, type SourceFile } from "./sources.ts";

const PURE = "// This module is pure.\n";

function file(path: string, text: string): SourceFile {
  return { path, text, imports: importsOf(path, text) };
}

Deno.test("imports: every form is found, comments aren't", () => {
  const text = `import { a } from "./a.ts";\nimport type {\n  B,\n} from "../b/b.ts";\nexport * from "./c.ts";
import "node:fs";\n// import "./no.ts";\n/* export * from "./no.ts"; */\nconst d = await import("./d.ts");`;
  assertEquals(importsOf("x/y.ts", text), ["x/a.ts", "b/b.ts", "x/c.ts", "node:fs", "x/d.ts"]);
});

Deno.test("purity: a pure file imports only pure files", () => {
  const files = [
    file("cluster/a.ts", `${PURE}import "./b.ts";`),
    file("cluster/b.ts", `${PURE}import "node:timers";`),
    file("proxy/route.ts", `${PURE}import "./loop.ts";`),
    file("proxy/loop.ts", `import "./route.ts";`),
  ];
  assertEquals(purityProblems(files), [
    "cluster/b.ts: imports node:timers, which isn't pure",
    "proxy/route.ts: imports proxy/loop.ts, which isn't pure",
  ]);
});

Deno.test("purity: the model and the decisions need the header, their tests don't", () => {
  const files = ["cluster/lsn.ts", "cluster/lsn_test.ts", "keeper/plan_role.ts", "keeper/loop.ts"].map((
    path,
  ) => file(path, ""));
  assertEquals(purityProblems(files), [
    `cluster/lsn.ts: has to begin with "// This module is pure."`,
    `keeper/plan_role.ts: has to begin with "// This module is pure."`,
  ]);
});

Deno.test("direction: roles don't import one another, nothing imports upwards", () => {
  const files = [
    file("keeper/a.ts", `import "../store/mod.ts"; import "./b.ts";\nimport "../sentinel/mod.ts";`),
    file("cluster/a.ts", `import "../common/mod.ts";`),
    file("keeper/a_test.ts", `import "../sentinel/mod.ts";`),
    file("store/a.ts", `import "npm:x";\nimport "../common/mod.ts";`),
  ];
  assertEquals(directionProblems(files), [
    "keeper/a.ts: must not import sentinel/mod.ts: rooms depend downwards only",
    "cluster/a.ts: must not import common/mod.ts: rooms depend downwards only",
  ]);
});

Deno.test("entrances: every room begins with what it is for", () => {
  const files = [
    file("cluster/mod.ts", `${PURE}/**\n * The model.\n */`),
    file("store/mod.ts", `/** The store. */`),
    file("common/mod.ts", `export * from "./a.ts";`),
    file("proxy/route.ts", PURE),
  ];
  assertEquals(entranceProblems(files), [
    "common/mod.ts: has to begin with a paragraph about the room",
    "proxy/mod.ts: is missing",
  ]);
});
