import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";

interface Graph {
  readonly roots: readonly string[];
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly isDynamic?: boolean;
      readonly code?: { readonly specifier?: string };
    }[];
  }[];
}

Deno.test("no backend is loaded before it is chosen", async () => {
  const module = fileURLToPath(new URL("./mod.ts", import.meta.url));
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", module] }).output();
  const graph: Graph = JSON.parse(new TextDecoder().decode(stdout));
  const modules = new Map(graph.modules.map((found) => [found.specifier, found]));
  const loaded = new Set<string>();
  const queue = [...graph.roots];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (loaded.has(next)) continue;
    loaded.add(next);
    for (const { isDynamic, code } of modules.get(next)?.dependencies ?? []) {
      if (isDynamic !== true && code?.specifier !== undefined) queue.push(code.specifier);
    }
  }
  const backends = [...loaded].filter((name) =>
    /etcd|consul|sqlite_store|node:sqlite|cockatiel|grpc/.test(name)
  );
  assertEquals(backends, []);
  // The test would pass on an empty graph, too.
  assert([...loaded].some((name) => name.endsWith("store/open.ts")));
});
