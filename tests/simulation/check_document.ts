/** What may be in the document, and when its master may change. */
import type { ClusterData, Db } from "../../cluster/clusterdata.ts";
import { goReadabilityProblems } from "../../cluster/go_readability.ts";
import type { KeeperInfo } from "../../cluster/infos.ts";
import { branchDifference } from "../../cluster/timelines.ts";
import { STORE_NODE } from "./store.ts";
import type { DocumentChange } from "./checkers.ts";
import type { Cluster } from "./cluster.ts";
import { resolveSpec } from "../../cluster/spec_defaults.ts";

/** Since when a keeper's reports have all been good. */
interface GoodReports {
  readonly sinceMs: number;
  readonly lastMs: number;
  readonly info: KeeperInfo;
}

/** What may pass between the report that a look found and the write that it led to. */
const LOOK_MS = 3000;
/** What was reported less than this ago may have come too late for the look. */
const READ_MS = 800;

export class DocumentChecker {
  elections = 0;
  #data: ClusterData | null = null;
  readonly #good = new Map<string, GoodReports>();
  /** When each db got its present generation. */
  readonly #generations = new Map<string, { readonly generation: number; readonly sinceMs: number }>();

  /** When each db was reported healthy of late. */
  readonly #lastHealthy = new Map<string, readonly number[]>();

  constructor(private readonly cluster: Cluster) {}

  /** @throws {Violation} */
  written({ before, after }: DocumentChange): void {
    this.#data = after;
    const problems = goReadabilityProblems(after);
    if (problems.length > 0) {
      this.cluster.world.violated("Go programs can read the document", problems.join("; "));
    }
    const wasNormal = before?.cluster?.status.phase === "normal";
    const oldMaster = wasNormal ? before.dbs[before.cluster.status.master] : undefined;
    const master = after.dbs[after.cluster?.status.master ?? ""];
    if (before !== null && oldMaster !== undefined && master !== undefined && oldMaster.uid !== master.uid) {
      this.#elected({ before, after, oldMaster, master });
    } else if (oldMaster !== undefined && master !== undefined && before !== null) {
      this.#checkKnown({ before, after, oldMaster, master });
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
    if (info.postgresState?.healthy) this.#noteHealthy(info.postgresState.uid);
    const goesOn = before !== undefined && good && nowMs - before.lastMs < 2 * this.#sleepMs &&
      before.info.bootUUID === info.bootUUID;
    if (!good) this.#good.delete(info.uid);
    else this.#good.set(info.uid, { sinceMs: goesOn ? before.sinceMs : nowMs, lastMs: nowMs, info });
  }

  #noteHealthy(dbUid: string): void {
    const known = this.#lastHealthy.get(dbUid) ?? [];
    this.#lastHealthy.set(dbUid, [...known.slice(-20), this.cluster.world.nowMs]);
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
    this.cluster.onElection?.();
    this.cluster.world.note(
      "CHECKER",
      `db ${master.uid} on ${master.spec.keeperUID} is elected after db ${oldMaster.uid}`,
    );
    this.#checkReason(before, oldMaster);
    this.#checkElected({ after, oldMaster, master });
    this.#checkMostAdvanced({ after, oldMaster, master });
    this.#checkLag({ before, oldMaster, master });
    this.#checkFreshness(master);
    this.#checkPatience({ before, oldMaster });
  }

  /** With a minimum, the last standbys that are known to have everything leave only for others, or with their dbs. */
  #checkKnown(
    { before, after, oldMaster, master }: {
      before: ClusterData;
      after: ClusterData;
      oldMaster: Db;
      master: Db;
    },
  ): void {
    if (!master.spec.synchronousReplication || after.cluster === null) return;
    if (
      resolveSpec(after.cluster.spec).minSynchronousStandbys === 0 ||
      master.status.synchronousStandbys.length > 0
    ) return;
    const left = oldMaster.status.synchronousStandbys.filter((uid) =>
      after.dbs[uid] !== undefined && before.dbs[uid] !== undefined
    );
    if (left.length === 0) return;
    this.cluster.world.violated(
      "at every instant some standby is known to have everything",
      `${left.join(", ")} left the known ones, and nobody is there instead`,
    );
  }

  /** Asynchronous: not too far behind what the old master was known to have. */
  #checkLag({ before, oldMaster, master }: { before: ClusterData; oldMaster: Db; master: Db }): void {
    if (oldMaster.spec.synchronousReplication || before.cluster === null) return;
    const lag = oldMaster.status.xLogPos - master.status.xLogPos;
    if (lag <= resolveSpec(before.cluster.spec).maxStandbyLagBytes) return;
    this.cluster.world.violated("no elected master lags too far", `db ${master.uid} lags by ${lag} bytes`);
  }

  /** A keeper whose last report is old may have died since. */
  #checkFreshness(master: Db): void {
    const ageMs = this.cluster.world.nowMs - (this.#lastHealthy.get(master.uid)?.at(-1) ?? -Infinity);
    if (ageMs <= this.#sleepMs + 1000 + LOOK_MS) return;
    this.cluster.world.violated(
      "a stale candidate is not elected",
      `db ${master.uid} last reported ${ageMs} ms ago`,
    );
  }

  /**
   * Nobody is replaced before its time, counted from the last good report that the look can have seen. Time in which the
   * store was away doesn't count, nor what a call that got lost in it takes to be made again.
   */
  #checkPatience({ before, oldMaster }: { before: ClusterData; oldMaster: Db }): void {
    const keeper = before.keepers[oldMaster.spec.keeperUID];
    if (keeper === undefined || keeper.status.forceFail) return;
    if (oldMaster.status.currentGeneration !== oldMaster.generation) return;
    const { nowMs } = this.cluster.world;
    const seen = (this.#lastHealthy.get(oldMaster.uid) ?? []).filter((atMs) => atMs < nowMs - READ_MS);
    const lastMs = seen.at(-1) ?? -Infinity;
    const awayMs = this.cluster.store.awayMsSince(lastMs);
    if (awayMs > 0 && !this.#lives(oldMaster.spec.keeperUID)) return;
    const countedMs = nowMs - lastMs - awayMs;
    const dueMs = this.#spec.failIntervalMs * 0.97 - LOOK_MS;
    if (countedMs >= dueMs) return;
    this.cluster.world.violated(
      awayMs > 0
        ? "a store outage changes nothing by itself"
        : "a master has failInterval before it is replaced",
      `db ${oldMaster.uid} reported well ${Math.round(nowMs - lastMs)} ms ago; the store was away for ${
        Math.round(awayMs)
      } ms`,
    );
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

  /** Whether the keeper runs and reaches the store. */
  #lives(keeperUid: string): boolean {
    const index = this.cluster.shape.keepers.findIndex((keeper) => keeper.uid === keeperUid);
    const name = this.cluster.machines[index]?.name ?? "";
    const runs = this.cluster.keepers[index]?.process.running ?? false;
    return runs && this.cluster.network.isOpenBothWays(name, STORE_NODE);
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
