/**
 * A keeper as scenarios need it: it does at once what it is told, unless the scenario says otherwise, and publishes what
 * it would then report. PostgreSQL is a position, a timeline and its history.
 */
import type { ClusterData, Db, TimelineHistoryEntry } from "../../cluster/clusterdata.ts";
import { dbsOf } from "../../sentinel/view.ts";
import type { KeeperInfo, PostgresState } from "../../cluster/infos.ts";

/** What PostgreSQL has on disk. */
export interface Instance {
  readonly dbUid: string;
  readonly systemID: string;
  readonly timelineID: number;
  readonly history: readonly TimelineHistoryEntry[];
  readonly lsn: bigint;
  readonly isPrimary: boolean;
}

/** What a scenario has said about a keeper. */
export interface Manners {
  /** Publishes. */
  alive: boolean;
  healthy: boolean;
  /** Takes over new assignments and generations. */
  obeys: boolean;
  /** Follows the master's position. */
  streams: boolean;
  /** Reports no db at all. */
  reportsNone: boolean;
  /** What it says about standbys in sync; undefined: those that really are. */
  sync: readonly string[] | undefined;
  /** Waits itself until a standby in sync has everything, and says so. */
  confirmsSync: boolean;
  canBeMaster: boolean | undefined;
  canBeSynchronousReplica: boolean | undefined;
  oldestWalFile: string;
  pgParameters: Readonly<Record<string, string>>;
  bootUUID: string;
  clusterUID: string | undefined;
}

/** See above. */
export class FakeKeeper {
  readonly manners: Manners;
  instance: Instance | undefined;
  /** Reached generation of the instance's db. */
  generation = 0;
  #infos = 0;

  constructor(readonly uid: string) {
    this.manners = {
      alive: true,
      healthy: true,
      obeys: true,
      streams: true,
      reportsNone: false,
      sync: undefined,
      confirmsSync: false,
      canBeMaster: undefined,
      canBeSynchronousReplica: undefined,
      oldestWalFile: "",
      pgParameters: { port: "5432" },
      bootUUID: `${uid}-boot1`,
      clusterUID: undefined,
    };
  }

  /** Does what the document asks for. `peers` are the keepers that it can copy from. */
  act(data: ClusterData, peers: ReadonlyMap<string, FakeKeeper>): void {
    const { alive, obeys, streams } = this.manners;
    if (!alive) return;
    const db = dbsOf(data).find((candidate) => candidate.spec.keeperUID === this.uid);
    const seen = data.keepers[this.uid]?.status.bootUUID === this.manners.bootUUID;
    if (db === undefined || !seen) return;
    if (obeys) this.#converge(db, { data, peers });
    if (streams) this.#stream(db, { data, peers });
  }

  #converge(
    db: Db,
    { data, peers }: { readonly data: ClusterData; readonly peers: ReadonlyMap<string, FakeKeeper> },
  ): void {
    if (this.instance?.dbUid !== db.uid) {
      const made = this.#make(db, { data, peers });
      if (made === undefined) return;
      this.instance = made;
    }
    const instance = this.instance;
    if (db.spec.role === "master" && !instance.isPrimary) {
      const left = {
        timelineID: instance.timelineID,
        switchPoint: instance.lsn,
        reason: "no recovery target specified",
      };
      const history = [...instance.history, left];
      this.instance = { ...instance, isPrimary: true, timelineID: instance.timelineID + 1, history };
    }
    this.generation = db.generation;
  }

  #make(
    db: Db,
    { data, peers }: { readonly data: ClusterData; readonly peers: ReadonlyMap<string, FakeKeeper> },
  ): Instance | undefined {
    const isPrimary = db.spec.role === "master";
    if (db.spec.initMode !== "resync") {
      const made = { systemID: "1000", timelineID: 1, history: [], lsn: 0x3000000n, ...this.instance };
      return { ...made, dbUid: db.uid, isPrimary };
    }
    const source = sourceOf(db, { data, peers })?.instance;
    return source === undefined ? undefined : { ...source, dbUid: db.uid, isPrimary };
  }

  #stream(
    db: Db,
    { data, peers }: { readonly data: ClusterData; readonly peers: ReadonlyMap<string, FakeKeeper> },
  ): void {
    const source = sourceOf(db, { data, peers });
    const { instance } = this;
    const cannot = instance === undefined || instance.dbUid !== db.uid || instance.isPrimary;
    if (cannot || source?.instance === undefined || !source.manners.healthy || !source.manners.alive) return;
    if (source.instance.lsn < instance.lsn || source.instance.systemID !== instance.systemID) return;
    const { timelineID, history, lsn } = source.instance;
    this.instance = { ...instance, timelineID, history, lsn };
  }

  /** What it would publish now, with a new infoUID. */
  info(data: ClusterData | undefined, peers: ReadonlyMap<string, FakeKeeper>): KeeperInfo {
    this.#infos++;
    const { bootUUID, canBeMaster, canBeSynchronousReplica, clusterUID } = this.manners;
    return {
      infoUID: `${this.uid}-info${this.#infos}`,
      uid: this.uid,
      clusterUID: clusterUID ?? data?.cluster?.uid ?? "",
      bootUUID,
      postgresBinaryVersion: { Maj: 15, Min: 8 },
      canBeMaster,
      canBeSynchronousReplica,
      postgresState: this.#state(data, peers),
    };
  }

  #state(data: ClusterData | undefined, peers: ReadonlyMap<string, FakeKeeper>): PostgresState | null {
    const { instance, manners } = this;
    if (manners.reportsNone || instance === undefined) return null;
    const db = data?.dbs[instance.dbUid];
    return {
      uid: instance.dbUid,
      generation: this.generation,
      listenAddress: `10.0.0.${this.uid.replace(/\D/g, "") || "1"}`,
      port: "5432",
      healthy: manners.healthy,
      systemID: instance.systemID,
      timelineID: instance.timelineID,
      xLogPos: instance.lsn,
      timelinesHistory: instance.history,
      pgParameters: manners.pgParameters,
      synchronousStandbys: manners.sync ?? (db === undefined ? [] : inSync(db, peers)),
      ...(manners.confirmsSync ? { synchronousStandbysConfirmed: true } : {}),
      olderWalFile: manners.oldestWalFile,
    };
  }
}

function sourceOf(
  db: Db,
  { data, peers }: { readonly data: ClusterData; readonly peers: ReadonlyMap<string, FakeKeeper> },
): FakeKeeper | undefined {
  if (db.spec.followConfig?.type !== "internal") return undefined;
  return peers.get(data.dbs[db.spec.followConfig.dbuid]?.spec.keeperUID ?? "");
}

/** The required standbys that are up and streaming. */
function inSync(master: Db, peers: ReadonlyMap<string, FakeKeeper>): string[] {
  return (master.spec.synchronousStandbys ?? []).filter((uid) =>
    [...peers.values()].some(({ instance, manners }) =>
      instance?.dbUid === uid && !instance.isPrimary && manners.alive && manners.healthy && manners.streams
    )
  );
}
