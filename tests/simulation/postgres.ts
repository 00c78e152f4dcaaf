/**
 * A simulated PostgreSQL server: a primary that waits for its synchronous standbys, or a standby that receives. Only
 * what failover depends on is there; what a crash leaves behind is in the data directory.
 */
import { dbUidOfStandbyName } from "../../keeper/postgres/synchronous_names.ts";
import type { DataDirectory, Machine } from "./machine.ts";
import { Receiver } from "./receiver.ts";
import { Branch, type Position, SEGMENT_BYTES } from "./wal.ts";
import type { World } from "./world.ts";

export const CHECKPOINT_BYTES = 120;
const KEPT_BYTES = 8 * SEGMENT_BYTES;

/** A standby's connection, on the side of the one that sends. */
export interface Sender {
  readonly name: string;
  readonly standby: PostgresServer;
  flushedLsn: number;
  /** Has caught up once: from then on it counts as synchronous when it is named. */
  streaming: boolean;
}

interface WaitingCommit {
  readonly lsn: number;
  readonly acknowledge: () => void;
}

/** The settings that matter, as the server has loaded them. */
interface Loaded {
  readonly synchronousNames: readonly string[];
  readonly primaryHost: string;
  readonly ownName: string;
  readonly clientsAllowed: boolean;
}

export class PostgresServer {
  inRecovery: boolean;
  ready = false;
  stopped = false;
  readonly senders = new Map<string, Sender>();
  readonly receiver: Receiver;
  #loaded: Loaded;
  #waiting: WaitingCommit[] = [];
  /** Called when the process ends by itself. */
  onExit: () => void = () => {};

  constructor(readonly world: World, readonly machine: Machine, readonly directory: DataDirectory) {
    this.inRecovery = directory.standbySignal || directory.recoverySignal;
    this.#loaded = load(directory);
    this.receiver = new Receiver(this);
    directory.wasStandby = this.inRecovery;
    if (!this.inRecovery) {
      this.#write(CHECKPOINT_BYTES);
      this.checkpoint();
    }
    directory.cleanlyStopped = false;
  }

  get position(): Position {
    return { branch: this.directory.branch, lsn: this.directory.lsn };
  }

  get settings(): Loaded {
    return this.#loaded;
  }

  /** Answers queries and takes connections. */
  get answers(): boolean {
    return this.ready && !this.stopped && this.machine.responsive;
  }

  reload(): void {
    if (this.stopped) return;
    const before = this.#loaded.primaryHost;
    this.#loaded = load(this.directory);
    if (before !== this.#loaded.primaryHost) this.receiver.disconnect();
    this.releaseCommits();
  }

  /** Writes a commit and calls back when it may be acknowledged. */
  commit(bytes: number, acknowledge: (position: Position) => void): Position {
    this.#write(bytes);
    const position = this.position;
    this.#waiting.push({ lsn: position.lsn, acknowledge: () => acknowledge(position) });
    this.releaseCommits();
    return position;
  }

  /** Db UIDs of the standbys that are in sync. */
  inSync(): string[] {
    const names = this.#loaded.synchronousNames;
    return [...this.senders.values()].filter((sender) => sender.streaming && names.includes(sender.name))
      .map((sender) => dbUidOfStandbyName(sender.name) ?? sender.name).sort();
  }

  /** Everybody named must have confirmed. */
  releaseCommits(): void {
    if (this.#waiting.length === 0 || this.stopped) return;
    const names = this.#loaded.synchronousNames;
    const confirmed = Math.min(...names.map((name) => {
      const sender = this.senders.get(name);
      return sender?.streaming ? sender.flushedLsn : -1;
    }));
    const done = this.#waiting.filter((commit) => commit.lsn <= confirmed);
    this.#waiting = this.#waiting.filter((commit) => commit.lsn > confirmed);
    for (const commit of done) commit.acknowledge();
  }

  /** Ends recovery on a timeline of its own. */
  promote(): Branch {
    this.receiver.disconnect();
    const { directory } = this;
    const branch = new Branch(
      directory.branch.systemId,
      directory.branch.timelineID + 1,
      directory.branch,
      directory.lsn,
    );
    directory.branch = branch;
    directory.standbySignal = false;
    directory.recoverySignal = false;
    directory.wasStandby = false;
    this.inRecovery = false;
    for (const sender of this.senders.values()) sender.standby.receiver.disconnect();
    this.#write(CHECKPOINT_BYTES);
    return branch;
  }

  /** Ends without warning. */
  crash(): void {
    this.#end();
    this.onExit();
  }

  /** A clean stop: what is connected receives everything first. */
  stop(): void {
    if (this.stopped) return;
    if (!this.inRecovery) this.#write(CHECKPOINT_BYTES);
    this.checkpoint();
    for (const sender of this.senders.values()) sender.standby.receiver.receiveNow();
    this.#end();
    this.directory.cleanlyStopped = true;
  }

  #end(): void {
    this.stopped = true;
    this.ready = false;
    this.receiver.disconnect();
    for (const sender of [...this.senders.values()]) sender.standby.receiver.disconnect();
    this.#waiting = [];
    if (this.machine.server === this) this.machine.server = undefined;
  }

  #write(bytes: number): void {
    this.directory.lsn += bytes;
    for (const sender of this.senders.values()) sender.standby.receiver.expect();
    this.recycle();
  }

  checkpoint(): void {
    if (!this.stopped) this.directory.checkpointTimelineID = this.directory.branch.timelineID;
  }

  /** Removes old WAL that neither a slot nor the configuration keeps. */
  recycle(): void {
    const { directory } = this;
    const needed = Math.min(directory.lsn - KEPT_BYTES, ...directory.slots.values());
    const start = needed - (needed % SEGMENT_BYTES);
    if (start > directory.oldestWal) directory.oldestWal = start;
  }
}

function load(directory: DataDirectory): Loaded {
  const text = directory.configuration ?? "";
  const conninfo = setting(text, "primary_conninfo");
  return {
    synchronousNames: namesOf(setting(text, "synchronous_standby_names")),
    primaryHost: /host=(\S+)/.exec(conninfo)?.[1] ?? "",
    ownName: /application_name=(\S+)/.exec(conninfo)?.[1] ?? "",
    clientsAllowed: /^host all all /m.test(directory.hba ?? ""),
  };
}

function setting(text: string, name: string): string {
  const line = new RegExp(`^${name} = '(.*)'$`, "m").exec(text);
  return line?.[1]?.replaceAll("''", "'") ?? "";
}

function namesOf(value: string): readonly string[] {
  const list = /^\d+ \((.*)\)$/.exec(value)?.[1] ?? value;
  return list === "" ? [] : list.split(",").map((name) => name.replaceAll('"', ""));
}
