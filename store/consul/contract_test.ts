import { consulMissing, startConsul } from "../../tests/servers/consul.ts";
import { contractOptions, testContract } from "../../tests/store/contract/mod.ts";

const missing = await consulMissing();

if (missing === undefined) {
  testContract({
    name: "consul",
    ttlMs: 20_000,
    lateMs: 20_000,
    electionTtlMs: 20_000,
    async start() {
      const server = await startConsul();
      return {
        options: contractOptions("consul", [server.endpoint]),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  });
} else {
  Deno.test.ignore(`consul: the contract is skipped: ${missing}`, () => {});
}
