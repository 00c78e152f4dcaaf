/**
 * A simulated keeper process: the real assignment, plan and report, on a simulated machine. It passes at every hint and
 * once per interval, reports meanwhile, and dies without a trace.
 */
import type { ClusterData } from "../../cluster/clusterdata.ts";
import type { KeeperInfo, PostgresState } from "../../cluster/infos.ts";
import type { ResolvedSpec } from "../../cluster/spec.ts";
import { type Assignment, readAssignment } from "../../keeper/assignment.ts";
import { assignmentKey } from "../../keeper/assignment_key.ts";
import type { Observed, ServerFacts } from "../../keeper/observed.ts";
import { planKeeper } from "../../keeper/plan.ts";
import { newsWorthy, publishedState, type SeenState } from "../../keeper/published_state.ts";
import type { KeeperSettings } from "../../keeper/settings.ts";
import type { Cluster } from "./cluster.ts";
import { directoryFacts, runningFacts, seenState, settingsOf } from "./keeper_view.ts";
import { KeeperMemory } from "./keeper_memory.ts";
import { StepFailed, type StepPlace, takeStep } from "./keeper_steps.ts";
import type { Machine } from "./machine.ts";
import type { PostgresServer } from "./postgres.ts";
import { Process, type Routine, Wakeup } from "./process.ts";
import type { Random } from "./random.ts";
import { resolveSpec } from "../../cluster/spec_defaults.ts";
import { Conflict, StoreClient, Unreachable } from "./store_client.ts";
import { SEGMENT_BYTES } from "./wal.ts";

const MAX_LOOKS = 40;
const DEFAULT_INTERVAL_MS = 5000;
const VERSION = { Maj: 15, Min: 4 };

export interface KeeperOptions {
  readonly uid: string;
  readonly canBeMaster: boolean;
  readonly canBeSynchronousReplica: boolean;
}

export class Keeper implements StepPlace {
  readonly process: Process;
  readonly random: Random;
  readonly memory: KeeperMemory;
  readonly bootUuid: string;
  child: PostgresServer | undefined;
  calledOff = false;
  readonly #store: StoreClient;
  readonly #passes = new Wakeup();
  readonly #reports = new Wakeup();
  readonly #settings: KeeperSettings;
  #assignment: Assignment = { kind: "wait", reason: "the cluster view has not been read yet" };
  #spec: ResolvedSpec | undefined;
  #convergingKey: string | undefined;
  #seen: SeenState | null = null;
  #seenFor = "";
  #published:
    | { readonly state: PostgresState | null; readonly clusterUid: string; readonly atMs: number }
    | undefined;
  readonly #unwatch: () => void;

  constructor(readonly cluster: Cluster, readonly machine: Machine, readonly options: KeeperOptions) {
    this.process = new Process(cluster.world, `keeper ${options.uid}`, machine.clock);
    this.random = cluster.random.fork(`keeper ${options.uid} ${cluster.world.nowMs}`);
    this.memory = new KeeperMemory(machine.clock);
    this.bootUuid = this.random.uid();
    this.#store = new StoreClient(this.process, machine.name, cluster.store, cluster.network);
    this.#settings = settingsOf(machine, options);
    this.#unwatch = cluster.store.watch({
      node: machine.name,
      prefixes: ["clusterdata"],
      hint: () => this.process.do(() => this.#hinted()),
    });
    machine.disk.keeperState ??= { UID: options.uid, ClusterUID: "" };
  }

  start(): void {
    this.process.start(this.#passLoop());
    this.process.start(this.#reportLoop());
  }

  kill(): void {
    this.process.kill();
    this.#unwatch();
  }

  poke(reason: string): void {
    this.#passes.poke(reason);
    this.#reports.poke(reason);
  }

  get #intervalMs(): number {
    return this.#spec?.sleepIntervalMs ?? DEFAULT_INTERVAL_MS;
  }

  #hinted(): void {
    this.#passes.poke("hint");
    if (this.#convergingKey !== undefined) this.process.start(this.#checkReassigned());
  }

  *#passLoop(): Routine {
    while (true) {
      let pauseMs = this.#intervalMs;
      try {
        pauseMs = (yield* this.#pass()) ?? pauseMs;
      } catch (error) {
        if (!isExpected(error)) throw error;
        pauseMs = 1000;
      }
      this.#convergingKey = undefined;
      yield* this.process.sleep(100);
      yield* this.#passes.wait(this.process, pauseMs);
    }
  }

  /** How soon to look again; null: at the next event or interval. */
  *#pass(): Routine<number | null> {
    const { data } = yield* this.#store.readDocument();
    this.#assignment = this.#readAssignment(data);
    const uid = data?.cluster?.uid;
    if (uid !== undefined && this.machine.disk.keeperState?.ClusterUID !== uid) {
      this.machine.disk.keeperState = { UID: this.options.uid, ClusterUID: uid };
      this.#reports.poke("cluster adopted");
    }
    this.#convergingKey = assignmentKey(this.#assignment);
    this.calledOff = false;
    return yield* this.#converge(this.#assignment);
  }

  #readAssignment(data: ClusterData | null): Assignment {
    const spec = data?.cluster ? resolveSpec(data.cluster.spec) : null;
    this.#spec = spec ?? undefined;
    return readAssignment({ data, spec, keeperUid: this.options.uid, bootUuid: this.bootUuid });
  }

  *#converge(assignment: Assignment): Routine<number | null> {
    const goal = assignment.kind === "converge" ? assignment.goal : undefined;
    this.memory.beginPass(goal?.db.uid ?? "");
    for (let look = 0; look < MAX_LOOKS; look++) {
      yield* this.process.sleep(this.random.between(2, 30));
      if (this.calledOff) return 0;
      const plan = planKeeper({ assignment, observed: this.#observe(), settings: this.#settings });
      for (const { step, reason } of plan.steps) {
        if (step.kind !== "saveGeneration") {
          this.cluster.world.note(this.process.name, `${step.kind}: ${reason}`);
        }
        yield* takeStep(step, { place: this, goal });
      }
      if (!plan.lookAgain) return plan.nextLookMs;
    }
    return this.cluster.world.violated(
      "a keeper's plan comes to an end",
      `${this.process.name} looked ${MAX_LOOKS} times`,
    );
  }

  *#checkReassigned(): Routine {
    const key = this.#convergingKey;
    try {
      const { data } = yield* this.#store.readDocument();
      if (this.#convergingKey === undefined || this.#convergingKey !== key) return;
      const assignment = this.#readAssignment(data);
      if (assignment.kind !== "wait" && assignmentKey(assignment) !== key) this.calledOff = true;
    } catch (error) {
      if (!isExpected(error)) throw error;
    }
  }

  #observe(): Observed {
    const server = this.#observeServer();
    if (server.kind === "running") this.memory.noteProgress(server.facts.position);
    return {
      dbState: this.machine.disk.dbState,
      version: VERSION,
      directory: directoryFacts(this.machine),
      server,
      memory: this.memory.snapshot(),
    };
  }

  #observeServer(): ServerFacts {
    if (this.child?.stopped) {
      this.child = undefined;
      this.memory.clientsHeld = false;
    }
    if (this.child === undefined) return { kind: this.machine.server === undefined ? "stopped" : "foreign" };
    if (!this.child.answers) return { kind: "silent", reason: "the database system is starting up" };
    return { kind: "running", facts: runningFacts(this.child) };
  }

  *#reportLoop(): Routine {
    while (true) {
      let pauseMs = this.#intervalMs / 2;
      try {
        yield* this.#report();
      } catch (error) {
        if (!isExpected(error)) throw error;
        pauseMs = 1000;
      }
      yield* this.process.sleep(100);
      yield* this.#reports.wait(this.process, pauseMs);
    }
  }

  *#report(): Routine {
    const clusterUid = this.machine.disk.keeperState?.ClusterUID ?? "";
    if (clusterUid === "") return;
    yield* this.process.sleep(this.random.between(1, 20));
    const state = this.#state();
    const before = this.#published;
    const nowMs = this.machine.clock.monotonicMs();
    const due = before === undefined || nowMs - before.atMs >= this.#intervalMs * 0.75;
    if (!due && before.clusterUid === clusterUid && !newsWorthy(before.state, state)) return;
    yield* this.#store.publish(
      `keepers/info/${this.options.uid}`,
      this.#info(clusterUid, state),
      Math.max(20_000, 2 * this.#intervalMs),
    );
    this.#published = { state, clusterUid, atMs: nowMs };
  }

  #state(): PostgresState | null {
    const { dbState } = this.machine.disk;
    const now = `${dbState?.UID ?? ""} ${dbState?.Initializing ?? false}`;
    if (now !== this.#seenFor) this.#seen = null;
    this.#seenFor = now;
    const healthy = this.child?.answers ?? false;
    if (healthy && this.child !== undefined) this.#seen = seenState(this.child);
    return publishedState({
      settings: this.#settings,
      assignment: this.#assignment,
      dbState,
      seen: this.#seen,
      healthy,
      segmentBytes: BigInt(SEGMENT_BYTES),
    });
  }

  #info(clusterUID: string, postgresState: PostgresState | null): KeeperInfo {
    const { uid, canBeMaster, canBeSynchronousReplica } = this.options;
    return {
      infoUID: this.random.uid(),
      uid,
      clusterUID,
      bootUUID: this.bootUuid,
      postgresBinaryVersion: VERSION,
      canBeMaster,
      canBeSynchronousReplica,
      postgresState,
    };
  }
}

function isExpected(error: unknown): boolean {
  return error instanceof Unreachable || error instanceof StepFailed || error instanceof Conflict;
}
