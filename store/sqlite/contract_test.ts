import { join } from "node:path";
import { contractOptions, testContract } from "../../tests/store/contract/mod.ts";

testContract({
  name: "sqlite",
  ttlMs: 2000,
  lateMs: 2000,
  electionTtlMs: 10_000,
  async start() {
    const directory = await Deno.makeTempDir({ prefix: "sqlite-" });
    return {
      options: contractOptions("sqlite", [`file://${join(directory, "store.db")}`]),
      [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
    };
  },
});
