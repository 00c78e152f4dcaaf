import { startEtcd } from "../../tests/servers/etcd.ts";
import { testFaults } from "../faults/mod.ts";

testFaults({ name: "etcdv3", start: () => startEtcd() });
