/** One decision over a large cluster: `deno task bench:decide`. The aim is below 50 ms with 1,000 keepers. */
import type { ClusterData } from "../cluster/clusterdata.ts";
import type { KeeperInfo } from "../cluster/infos.ts";
import { newClusterData } from "../cluster/new_cluster_data.ts";
import { decide } from "./decide.ts";
import type { Decision } from "./decision.ts";
import { EMPTY_MEMORY, type Memory } from "./memory.ts";

const KEEPERS = 1000;
const START_MS = Date.UTC(2026, 0, 1);

/** A cluster whose master has a thousand good standbys, all of which have just published again. */
class LargeCluster {
  #data: ClusterData = newClusterData(
    { initMode: "new", maxStandbysPerSender: KEEPERS, maxStandbys: KEEPERS, synchronousReplication: true },
    { clusterUid: "c", now: "2026-01-01T00:00:00Z" },
  );
  #memory: Memory = EMPTY_MEMORY;
  #nowMs = 0;
  #uids = 0;
  #round = 0;

  constructor() {
    for (let look = 0; look < 12; look++) this.#decide(this.#infos());
    const { dbs } = this.#data;
    const complete =
      Object.values(dbs).filter((db) => db.status.healthy && db.spec.initMode === "none").length;
    if (complete !== KEEPERS) {
      throw new Error(`the cluster has ${complete} complete dbs instead of ${KEEPERS}`);
    }
  }

  /** The decision of the next look, at which every keeper has published anew. Pure, so it can be made again and again. */
  nextLook(): () => Decision {
    return this.#decision(this.#infos());
  }

  /** The decision of the look at which every db gets another spec. */
  changedSpec(): () => Decision {
    const { cluster } = this.#data;
    if (cluster === null) throw new Error("there is no cluster");
    const spec = { ...cluster.spec, pgParameters: { work_mem: "8MB" } };
    return this.#decision(this.#infos(), { ...this.#data, cluster: { ...cluster, spec } });
  }

  /** The decision of the look at which the master is replaced. */
  election(): () => Decision {
    const master = this.#data.dbs[this.#data.cluster?.status.master ?? ""]?.spec.keeperUID ?? "";
    for (let look = 0; look < 3; look++) this.#decide(this.#infos([master]));
    const decision = this.#decision(this.#infos([master]));
    if (!decision().events.some((event) => event.rule === "election")) throw new Error("nobody was elected");
    return decision;
  }

  #decide(infos: readonly KeeperInfo[]): void {
    const { clusterData, memory } = this.#decision(infos)();
    this.#data = clusterData;
    this.#memory = memory;
    this.#nowMs += 5000;
  }

  #decision(keeperInfos: readonly KeeperInfo[], clusterData = this.#data): () => Decision {
    const monotonicMs = this.#nowMs;
    const now = { monotonicMs, wallTime: new Date(START_MS + monotonicMs).toISOString() };
    const newUid = () => `db${String(this.#uids++).padStart(4, "0")}`;
    // Nothing to settle: a changed spec is acted on in this very look.
    const memory = { ...this.#memory, spec: undefined };
    const input = { clusterData, keeperInfos, proxyInfos: [], memory, now, newUid };
    return () => decide(input);
  }

  #infos(silent: readonly string[] = []): KeeperInfo[] {
    this.#round++;
    const dbOf = new Map(Object.values(this.#data.dbs).map((db) => [db.spec.keeperUID, db]));
    const uids = Array.from({ length: KEEPERS }, (_, index) => `k${String(index).padStart(4, "0")}`);
    return uids.filter((uid) => !silent.includes(uid)).map((uid): KeeperInfo => {
      const db = dbOf.get(uid);
      return {
        infoUID: `${uid}-${this.#round}`,
        uid,
        clusterUID: "c",
        bootUUID: uid,
        postgresBinaryVersion: { Maj: 15, Min: 8 },
        canBeMaster: undefined,
        canBeSynchronousReplica: undefined,
        postgresState: db === undefined ? null : {
          uid: db.uid,
          generation: db.generation,
          listenAddress: "10.0.0.1",
          port: "5432",
          healthy: true,
          systemID: "7000000000000000001",
          timelineID: 3,
          xLogPos: 0x3000000n + BigInt(this.#round),
          timelinesHistory: [{ timelineID: 1, switchPoint: 0x100n, reason: "" }, {
            timelineID: 2,
            switchPoint: 0x200n,
            reason: "",
          }],
          pgParameters: Object.fromEntries(
            Array.from({ length: 20 }, (_, index) => [`parameter_${index}`, "on"]),
          ),
          synchronousStandbys: [...db.spec.synchronousStandbys ?? []],
          olderWalFile: "000000010000000000000001",
        },
      };
    });
  }
}

const cluster = new LargeCluster();
const nextLook = cluster.nextLook();
const changedSpec = cluster.changedSpec();
const election = cluster.election();

Deno.bench(`one look over ${KEEPERS} keepers, all of which have published`, () => void nextLook());
Deno.bench(`a changed spec for ${KEEPERS} keepers`, () => void changedSpec());
Deno.bench(`the election of a new master among ${KEEPERS} keepers`, () => void election());
