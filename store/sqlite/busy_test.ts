import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { openStore } from "../open.ts";

Deno.test("a write meets a file that another process is writing to: it waits its turn instead of failing", async () => {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/store.db`;
  const store = await openStore({
    backend: "sqlite",
    clusterName: "c",
    prefix: "stolon/cluster",
    endpoints: [`file://${path}`],
    timeoutMs: 30_000,
    tls: { skipVerify: false },
  });
  await store.put("clusterdata", "one");
  const other = new DatabaseSync(path);
  other.exec("BEGIN IMMEDIATE");
  const write = store.put("clusterdata", "two");
  // Long enough for several refused attempts.
  setTimeout(() => other.exec("COMMIT"), 300);
  await write;
  assertEquals((await store.get("clusterdata"))?.value, "two");
  other.close();
  await store.close();
  await Deno.remove(dir, { recursive: true });
});
