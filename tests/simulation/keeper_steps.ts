/** What the keeper's steps do to a simulated machine. Each takes time, and the process may die or be called off in it. */
import type { Goal } from "../../keeper/assignment.ts";
import { formatConfiguration } from "../../keeper/postgres/configuration.ts";
import { formatHba } from "../../keeper/postgres/hba.ts";
import type { Step } from "../../keeper/steps.ts";
import type { Cluster } from "./cluster.ts";
import type { KeeperMemory } from "./keeper_memory.ts";
import type { DataDirectory, Machine } from "./machine.ts";
import { PostgresServer } from "./postgres.ts";
import type { Process, Routine } from "./process.ts";
import type { Random } from "./random.ts";
import { Branch, SEGMENT_BYTES, shownLsn } from "./wal.ts";

/** A step did not succeed; the next pass begins anew. */
export class StepFailed extends Error {}

/** What a step may use. */
export interface StepPlace {
  readonly cluster: Cluster;
  readonly machine: Machine;
  readonly process: Process;
  readonly random: Random;
  readonly memory: KeeperMemory;
  /** The server that this process has started. */
  child: PostgresServer | undefined;
  /** The assignment has become another while the step was under way. */
  calledOff: boolean;
  poke(reason: string): void;
}

type StepOf<K extends Step["kind"]> = Extract<Step, { readonly kind: K }>;

/** Does one step. @throws {StepFailed} */
export function* takeStep(
  step: Step,
  { place, goal }: { place: StepPlace; goal: Goal | undefined },
): Routine {
  const { machine: { disk }, memory } = place;
  switch (step.kind) {
    case "stopServer":
      return yield* stopServer(place);
    case "beginInitialisation":
      disk.dbState = { UID: uidOf(goal), Generation: 0, Initializing: true, InitPGParameters: null };
      return;
    case "completeInitialisation":
      disk.dbState = { UID: uidOf(goal), Generation: 0, Initializing: false, InitPGParameters: null };
      memory.endTrial();
      return;
    case "saveGeneration":
      if (disk.dbState !== null) disk.dbState = { ...disk.dbState, Generation: step.generation };
      return place.poke("generation reached");
    case "clearDirectory":
      yield* work(place, [20, 400]);
      disk.directory = null;
      return;
    case "runInitdb":
      return yield* runInitdb(place);
    case "beginTrial":
      return memory.beginTrial(step.method);
    case "rejectMethod":
      return memory.rejectMethod(step.method);
    case "lookAtSource":
      return yield* lookAtSource(step, place);
    case "measureLocalWal":
      return yield* measureLocalWal(place);
    case "copySource":
      return yield* copySource(step, place);
    case "rewindToSource":
      return yield* rewindToSource(step, place);
    default:
      return yield* takeServerStep(step, place);
  }
}

function* takeServerStep(step: Step, place: StepPlace): Routine {
  const { machine, memory } = place;
  switch (step.kind) {
    case "recoverFromCrash":
      yield* work(place, [200, 1500]);
      directoryOf(machine).cleanlyStopped = true;
      return;
    case "writeSignals":
      directoryOf(machine).standbySignal = step.standby;
      directoryOf(machine).recoverySignal = step.recovery;
      return;
    case "writeConfiguration":
      directoryOf(machine).configuration = formatConfiguration(step.parameters);
      memory.reloadPending = true;
      return;
    case "writeHba":
      directoryOf(machine).hba = formatHba(step.lines);
      memory.reloadPending = true;
      return;
    case "startForSetup":
      return yield* startServer(place, "setup");
    case "startServer":
      yield* startServer(place, "role");
      memory.reloadPending = false;
      memory.clientsHeld = step.holdsClients;
      return;
    case "openToClients":
      memory.clientsHeld = false;
      return;
    case "reloadServer":
      yield* work(place, [10, 300]);
      memory.reloadPending = false;
      return place.child?.reload();
    case "promote":
      return yield* promote(place);
    case "createSlot":
      yield* work(place, [1, 20]);
      directoryOf(machine).slots.set(step.name, directoryOf(machine).lsn);
      return;
    case "dropSlot":
      directoryOf(machine).slots.delete(step.name);
      return;
    case "archiveWaitingWal":
      // Simulated machines have no archive.
      return;
    case "setUpRoles":
    case "takeOverParameters":
      return yield* work(place, [5, 50]);
    default:
      throw new Error(`the simulation does not know the step ${step.kind}`);
  }
}

function uidOf(goal: Goal | undefined): string {
  if (goal === undefined) throw new Error("a step of an assignment was planned without one");
  return goal.db.uid;
}

function directoryOf(machine: Machine): DataDirectory {
  if (machine.disk.directory === null) throw new StepFailed("there is no instance in the data directory");
  return machine.disk.directory;
}

/** Takes a while, more on a slow disk. @throws {StepFailed} when the assignment is called off meanwhile */
function* work(place: StepPlace, [low, high]: readonly [low: number, high: number]): Routine {
  yield* place.process.sleep(place.random.between(low, high) + place.machine.diskSlowness);
  if (place.calledOff) throw new StepFailed("the assignment has changed");
}

function* stopServer(place: StepPlace): Routine {
  yield* work(place, [20, 800]);
  place.machine.server?.stop();
  place.child = undefined;
  place.memory.clientsHeld = false;
}

function* runInitdb(place: StepPlace): Routine {
  yield* work(place, [500, 3000]);
  place.machine.disk.directory = {
    branch: new Branch(String(7_000_000_000_000_000 + place.random.integer(0, 1e15)), 1, undefined, 0),
    lsn: SEGMENT_BYTES,
    checkpointTimelineID: 1,
    oldestWal: SEGMENT_BYTES,
    cleanlyStopped: true,
    wasStandby: false,
    standbySignal: false,
    recoverySignal: false,
    configuration: null,
    hba: null,
    slots: new Map(),
  };
}

function* startServer(place: StepPlace, purpose: "setup" | "role"): Routine {
  const { machine, cluster, process } = place;
  yield* work(place, [20, 200]);
  if (machine.server !== undefined) throw new StepFailed("PostgreSQL runs already");
  const server = new PostgresServer(cluster.world, machine, directoryOf(machine));
  machine.server = server;
  place.child = server;
  server.onExit = () => process.do(() => place.poke("PostgreSQL ended"));
  const readyMs = place.random.between(50, 1500) + machine.diskSlowness;
  cluster.world.after(readyMs, () => {
    if (server.stopped) return;
    server.ready = true;
    if (server.inRecovery) server.receiver.start();
    process.do(() => place.poke("PostgreSQL is ready"));
  });
  if (purpose === "setup") yield* work(place, [readyMs, readyMs + 50]);
}

function* promote(place: StepPlace): Routine {
  yield* work(place, [30, 1500]);
  const server = place.child;
  if (server === undefined || server.stopped) throw new StepFailed("PostgreSQL does not run");
  if (server.inRecovery) {
    server.promote();
    place.cluster.checkers.promoted(place.machine);
    const checkpointMs = place.random.between(50, 2000) + place.machine.diskSlowness;
    place.cluster.world.after(checkpointMs, () => server.checkpoint());
    place.cluster.onPromotion?.(place.machine);
    if (!place.process.alive) return yield* dead();
  }
  place.poke("promoted");
}

/** @throws {StepFailed} */
function sourceServer(place: StepPlace, host: string): PostgresServer {
  const server = place.cluster.serverAt(place.machine, host);
  if (server === undefined || !server.answers) throw new StepFailed("the source does not answer");
  return server;
}

/** The process died within the step. */
function* dead(): Routine {
  yield () => {};
}

function* lookAtSource(step: StepOf<"lookAtSource">, place: StepPlace): Routine {
  yield* work(place, [5, 60]);
  const server = place.cluster.serverAt(place.machine, step.source.host);
  if (server === undefined || !server.answers) {
    place.memory.source = { kind: "unreachable", problem: "connection refused" };
    return;
  }
  const { branch, lsn, slots, oldestWal } = server.directory;
  place.memory.source = {
    kind: "ready",
    systemId: branch.systemId,
    inRecovery: server.inRecovery,
    timelineID: branch.timelineID,
    checkpointTimelineID: server.directory.checkpointTimelineID,
    position: shownLsn(lsn),
    history: branch.history,
    slotExists: slots.has(step.slot),
    oldestWal: shownLsn(oldestWal),
  };
}

function* measureLocalWal(place: StepPlace): Routine {
  yield* work(place, [20, 200]);
  const { branch, lsn } = directoryOf(place.machine);
  place.memory.localWal = { end: shownLsn(lsn), timelineID: branch.timelineID, history: branch.history };
}

/** Fails as soon as the connection is lost. */
function* copySource({ source, slot }: StepOf<"copySource">, place: StepPlace): Routine {
  const from = sourceServer(place, source.host);
  if (!from.directory.slots.has(slot)) throw new StepFailed(`the slot ${slot} does not exist`);
  const slices = place.random.integer(2, 20);
  for (let slice = 0; slice < slices; slice++) {
    yield* work(place, [300, 900]);
    if (sourceServer(place, source.host) !== from) throw new StepFailed("the source was restarted");
  }
  const { branch, lsn, oldestWal, configuration, hba } = from.directory;
  place.machine.disk.directory = {
    branch,
    lsn,
    checkpointTimelineID: branch.timelineID,
    oldestWal,
    cleanlyStopped: true,
    wasStandby: from.inRecovery,
    standbySignal: false,
    recoverySignal: false,
    configuration,
    hba,
    slots: new Map(),
  };
}

/** As `pg_rewind`: it believes timeline numbers, and has nothing to do when they are the same. */
function* rewindToSource({ source }: StepOf<"rewindToSource">, place: StepPlace): Routine {
  yield* work(place, [500, 4000]);
  const from = sourceServer(place, source.host);
  if (from.inRecovery) throw new StepFailed("the source is in recovery");
  const directory = directoryOf(place.machine);
  if (from.directory.branch.timelineID === directory.branch.timelineID) return;
  directory.branch = from.directory.branch;
  directory.lsn = from.directory.lsn;
  directory.checkpointTimelineID = from.directory.branch.timelineID;
  directory.oldestWal = from.directory.oldestWal;
  directory.cleanlyStopped = true;
  directory.wasStandby = true;
}
