import { startEtcd } from "../../tests/servers/etcd.ts";
import { testFaults } from "../../tests/store/faults/mod.ts";

// The library gives a connection that is being made another second.
testFaults({ name: "etcdv3", start: () => startEtcd(), electionTtlMs: 20_000, settleMs: 1200 });
