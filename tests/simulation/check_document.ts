/** What may be in the document, and when its master may change. */
import type { ClusterData, Db } from "../../cluster/clusterdata.ts";
import { goReadabilityProblems } from "../../cluster/go_readability.ts";
import type { KeeperInfo } from "../../cluster/infos.ts";
import { branchDifference } from "../../cluster/timelines.ts";
import type { DocumentChange } from "./checkers.ts";
import type { Cluster } from "./cluster.ts";
import { resolveSpec } from "../../cluster/spec_defaults.ts";

/** Since when a keeper's reports have all been good. */
interface GoodReports {
  readonly sinceMs: number;
  readonly lastMs: number;
  readonly info: KeeperInfo;
}

export class DocumentChecker {
  elections = 0;
  #data: ClusterData | null = null;
  readonly #good = new Map<string, GoodReports>();
  /** When each db got its present generation. */
  readonly #generations = new Map<string, { readonly generation: number; readonly sinceMs: number }>();

  constructor(private readonly cluster: Cluster) {}

  /** @throws {Violation} */
  written({ before, after }: DocumentChange): void {
    this.#data = after;
    const problems = goReadabilityProblems(after);
    if (problems.length > 0) {
      this.cluster.world.violated("Go programs can read the document", problems.join("; "));
    }
    const oldMaster = before?.dbs[before.cluster?.status.master ?? ""];
    const master = after.dbs[after.cluster?.status.master ?? ""];
    if (before !== null && oldMaster !== undefined && master !== undefined && oldMaster.uid !== master.uid) {
      this.#elected({ before, after, oldMaster, master });
    }
    for (const db of Object.values(after.dbs)) {
      if (this.#generations.get(db.uid)?.generation === db.generation) continue;
      this.#generations.set(db.uid, { generation: db.generation, sinceMs: this.cluster.world.nowMs });
    }
  }

  reported(info: KeeperInfo): void {
    const { nowMs } = this.cluster.world;
    const before = this.#good.get(info.uid);
    const good = this.#isGood(info);
    const goesOn = before !== undefined && good && nowMs - before.lastMs < 2 * this.#sleepMs &&
      before.info.bootUUID === info.bootUUID;
    if (!good) this.#good.delete(info.uid);
    else this.#good.set(info.uid, { sinceMs: goesOn ? before.sinceMs : nowMs, lastMs: nowMs, info });
  }

  #isGood({ uid, postgresState, clusterUID }: KeeperInfo): boolean {
    const data = this.#data;
    if (data === null || clusterUID !== data.cluster?.uid) return false;
    const db = Object.values(data.dbs).find((one) => one.spec.keeperUID === uid);
    if (db === undefined || postgresState?.uid !== db.uid || !postgresState.healthy) return false;
    if (postgresState.generation === db.generation) return true;
    const { sinceMs } = this.#generations.get(db.uid) ?? { sinceMs: 0 };
    return this.cluster.world.nowMs - sinceMs < this.#spec.convergenceTimeoutMs / 2;
  }

  get #spec() {
    return resolveSpec(this.#data?.cluster?.spec ?? this.cluster.initialSpec);
  }

  get #sleepMs(): number {
    return this.#spec.sleepIntervalMs;
  }

  #elected(election: { before: ClusterData; after: ClusterData; oldMaster: Db; master: Db }): void {
    const { before, after, oldMaster, master } = election;
    this.elections++;
    this.cluster.world.note(
      "CHECKER",
      `db ${master.uid} on ${master.spec.keeperUID} is elected after db ${oldMaster.uid}`,
    );
    this.#checkReason(before, oldMaster);
    this.#checkElected({ after, oldMaster, master });
    this.#checkMostAdvanced({ after, oldMaster, master });
  }

  /** A master that reports well, and has done so for a while, stays. */
  #checkReason(before: ClusterData, oldMaster: Db): void {
    const keeper = before.keepers[oldMaster.spec.keeperUID];
    const good = this.#good.get(oldMaster.spec.keeperUID);
    if (keeper === undefined || keeper.status.forceFail || good === undefined) return;
    if (
      good.info.postgresState?.uid !== oldMaster.uid ||
      good.info.postgresState.generation !== oldMaster.generation
    ) return;
    const { nowMs } = this.cluster.world;
    if (nowMs - good.lastMs > 1.5 * this.#sleepMs || nowMs - good.sinceMs < 2 * this.#sleepMs + 8000) return;
    this.cluster.world.violated(
      "a master is never changed while it is healthy and converged",
      `db ${oldMaster.uid} has been reporting well for ${Math.round(nowMs - good.sinceMs)} ms`,
    );
  }

  #checkElected({ after, oldMaster, master }: { after: ClusterData; oldMaster: Db; master: Db }): void {
    const keeper = after.keepers[master.spec.keeperUID];
    const difference = branchDifference(master.status, oldMaster.status);
    const problems = [
      ...(master.status.healthy ? [] : ["it is not healthy"]),
      ...(keeper?.status.healthy ? [] : ["its keeper is not healthy"]),
      ...(keeper?.status.canBeMaster === false ? ["its keeper may not be master"] : []),
      ...(master.status.currentGeneration === 0 ? ["it has never been completed"] : []),
      ...(difference === undefined ? [] : [difference]),
    ];
    if (problems.length === 0) return;
    this.cluster.world.violated(
      "an elected master was good, valid and allowed",
      `db ${master.uid}: ${problems.join("; ")}`,
    );
  }

  /** Among those whose reports are good and fresh none was further ahead. */
  #checkMostAdvanced({ after, oldMaster, master }: { after: ClusterData; oldMaster: Db; master: Db }): void {
    const synchronous = oldMaster.spec.synchronousReplication;
    const { nowMs } = this.cluster.world;
    const ahead = Object.values(after.dbs).filter((db) => {
      const good = this.#good.get(db.spec.keeperUID);
      if (db.uid === master.uid || db.uid === oldMaster.uid || good === undefined) return false;
      if (synchronous && !isSynchronous(db, oldMaster)) return false;
      if (after.keepers[db.spec.keeperUID]?.status.canBeMaster === false || !db.status.healthy) return false;
      const isFresh = nowMs - good.lastMs < this.#sleepMs / 2 && nowMs - good.sinceMs > 3 * this.#sleepMs;
      const reported = good.info.postgresState;
      return isFresh && reported?.uid === db.uid && reported.generation > 0 &&
        reported.xLogPos === db.status.xLogPos &&
        db.status.timelineID === master.status.timelineID && db.status.xLogPos > master.status.xLogPos;
    });
    if (ahead[0] === undefined) return;
    this.cluster.world.violated(
      "the most advanced standby is elected",
      `db ${master.uid} at ${master.status.xLogPos}, and db ${ahead[0].uid} was at ${
        ahead[0].status.xLogPos
      }`,
    );
  }
}

function isSynchronous(db: Db, master: Db): boolean {
  return (master.spec.synchronousStandbys ?? []).includes(db.uid) &&
    master.status.synchronousStandbys.includes(db.uid);
}
