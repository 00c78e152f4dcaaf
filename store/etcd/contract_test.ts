import { startEtcd } from "../../tests/servers/etcd.ts";
import { contractOptions, testContract } from "../../tests/store/contract/mod.ts";

testContract({
  name: "etcdv3",
  ttlMs: 3000,
  lateMs: 3000,
  electionTtlMs: 20_000,
  async start() {
    const server = await startEtcd();
    return {
      options: contractOptions("etcdv3", [server.endpoint]),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
});
