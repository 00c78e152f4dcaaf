// This module is pure.
/** A keeper's situation as a scenario describes it, line by line, and what it is when nothing is said. */
import { type DbSpec, ZERO_TIME } from "../../../cluster/clusterdata.ts";
import { parseLsn } from "../../../cluster/lsn.ts";
import { resolveSpec } from "../../../cluster/spec_defaults.ts";
import type { Assignment, Goal, Peer } from "../../../keeper/assignment.ts";
import type {
  DirectoryFacts,
  Memory,
  Observed,
  RunningFacts,
  SourceFacts,
} from "../../../keeper/observed.ts";
import type { KeeperSettings } from "../../../keeper/settings.ts";

export const SETTINGS: KeeperSettings = {
  clusterName: "c",
  dataDir: "/data",
  pgDataDir: "/data/postgres",
  listenAddress: "10.0.0.1",
  port: 5432,
  advertiseAddress: "10.0.0.1",
  advertisePort: 5432,
  binPath: undefined,
  superuser: { name: "postgres", method: "trust", password: undefined },
  replication: { name: "repl", method: "trust", password: undefined },
  osUserName: "postgres",
  canBeMaster: true,
  canBeSynchronousReplica: true,
  socketDirectory: "/tmp",
};

const SPEC: DbSpec = {
  keeperUID: "k1",
  requestTimeout: "10s",
  maxStandbys: 20,
  synchronousReplication: false,
  usePgrewind: false,
  additionalWalSenders: 5,
  additionalReplicationSlots: null,
  initMode: "none",
  newConfig: null,
  pitrConfig: null,
  pgParameters: {},
  pgHBA: null,
  role: "master",
  followConfig: null,
  followers: [],
  includePreviousConfig: false,
  synchronousStandbys: null,
  externalSynchronousStandbys: null,
};

const DIRECTORY: DirectoryFacts = {
  kind: "instance",
  control: {
    systemId: "4711",
    timelineID: 1,
    cleanlyStopped: true,
    wasStandby: false,
    segmentBytes: 0x1000000n,
    minimumParameters: { max_connections: "100" },
  },
  standbySignal: false,
  recoverySignal: false,
  configuration: null,
  hba: null,
};

const RUNNING: RunningFacts = {
  inRecovery: false,
  timelineID: 1,
  position: 0n,
  history: [],
  streaming: false,
  slots: [],
  pendingRestart: [],
  configurationProblems: [],
  refusedParameters: [],
  refusedHbaLines: [],
  appliedParameters: {},
  inSync: [],
};

const MEMORY: Memory = {
  dbUid: "db1",
  current: null,
  currentAgeMs: 0,
  tried: [],
  source: null,
  localWal: null,
  localWalUnknown: false,
  clientsHeld: false,
  badConfiguration: null,
  prunedConfiguration: null,
  refusedHbaLines: [],
  hbaInDoubt: false,
  goodParameters: null,
  reloadPending: false,
  nudgesLeft: true,
  nudgeDue: false,
  pauseMs: 0,
  startPauseMs: 0,
  restartWantedMs: 0,
};

/** What a scenario has said so far. */
export interface Situation {
  readonly assignment: Assignment;
  readonly observed: Observed;
}

export const QUIET: Situation = {
  assignment: converging({ spec: SPEC, generation: 1, peers: [], automaticPgRestart: false }),
  observed: {
    dbState: { UID: "db1", Generation: 0, Initializing: false, InitPGParameters: null },
    version: { Maj: 15, Min: 4 },
    directory: DIRECTORY,
    server: { kind: "stopped" },
    memory: MEMORY,
  },
};

interface GoalParts {
  readonly spec: DbSpec;
  readonly generation: number;
  readonly peers: readonly Peer[];
  readonly automaticPgRestart: boolean;
}

function converging({ spec, generation, peers, automaticPgRestart }: GoalParts): Assignment {
  const status = {
    healthy: true,
    currentGeneration: 0,
    listenAddress: "10.0.0.1",
    port: "5432",
    systemdID: "4711",
    timelineID: 1,
    xLogPos: 0n,
    timelinesHistory: [],
    pgParameters: {},
    synchronousStandbys: [],
    olderWalFile: "",
  };
  const follow = spec.followConfig;
  const goal: Goal = {
    db: { uid: "db1", generation, changeTime: ZERO_TIME, spec, status },
    spec: resolveSpec({ initMode: "new", automaticPgRestart }),
    source: spec.role === "master" || follow === null
      ? null
      : follow.type === "internal"
      ? { kind: "internal", dbUid: follow.dbuid, host: "10.0.0.9", port: "5432", isPrimary: true }
      : { ...follow, kind: "external" },
    peers,
  };
  return { kind: "converge", goal };
}

/** Thrown for a line that says nothing. */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
}

type Json = Readonly<Record<string, unknown>>;

/** The situation after one more line: a word, and JSON that is laid over what was said before. */
export function say(
  situation: Situation,
  { word, value }: { readonly word: string; readonly value: Json },
): Situation {
  const { assignment, observed } = situation;
  const goal = assignment.kind === "converge" ? assignment.goal : undefined;
  switch (word) {
    case "wait":
    case "stop":
      return { ...situation, assignment: { kind: word, reason: String(value["reason"]) } };
    case "goal":
      return { ...situation, assignment: converging(goalParts(goal, value)) };
    case "dbstate":
      return { ...situation, observed: { ...observed, dbState: { ...emptyState(observed), ...value } } };
    case "directory":
      return { ...situation, observed: { ...observed, directory: directory(observed.directory, value) } };
    case "server":
      return { ...situation, observed: { ...observed, server: server(observed, value) } };
    case "memory":
      return { ...situation, observed: { ...observed, memory: { ...observed.memory, ...value } } };
    case "source":
      return {
        ...situation,
        observed: { ...observed, memory: { ...observed.memory, source: source(value) } },
      };
    case "localwal":
      return {
        ...situation,
        observed: { ...observed, memory: { ...observed.memory, localWal: localWal(value) } },
      };
    default:
      throw new ScenarioError(`no such word: ${word}`);
  }
}

function emptyState(observed: Observed) {
  return observed.dbState ?? { UID: "", Generation: 0, Initializing: false, InitPGParameters: null };
}

function goalParts(goal: Goal | undefined, value: Json): GoalParts {
  const { generation, peers, automaticPgRestart, ...spec } = value;
  return {
    spec: { ...goal?.db.spec ?? SPEC, ...spec as Partial<DbSpec> },
    generation: generation === undefined ? goal?.db.generation ?? 1 : Number(generation),
    peers: peers === undefined ? goal?.peers ?? [] : (peers as readonly Partial<Peer>[]).map(peer),
    automaticPgRestart: automaticPgRestart === undefined ? false : automaticPgRestart === true,
  };
}

function peer(given: Partial<Peer>): Peer {
  return { dbUid: "db2", address: "10.0.0.2", isMaster: false, healthy: true, converged: true, ...given };
}

function directory(before: DirectoryFacts, { control, ...value }: Json): DirectoryFacts {
  const empty = value["kind"] === "empty" || control === null;
  return {
    ...before,
    ...value,
    control: empty
      ? null
      : { ...DIRECTORY.control, ...before.control, ...control as Json } as DirectoryFacts["control"],
  };
}

function server({ server: before }: Observed, { kind, ...value }: Json): Observed["server"] {
  if (kind === "stopped" || kind === "foreign") return { kind };
  if (kind === "silent") return { kind, reason: "it starts up" };
  const facts = before.kind === "running" ? before.facts : RUNNING;
  return { kind: "running", facts: { ...facts, ...withPositions(value) } };
}

function source(value: Json): SourceFacts {
  if (value["kind"] === "unreachable") return { kind: "unreachable", problem: "connection refused" };
  const timelineID = Number(value["timelineID"] ?? 1);
  return {
    kind: "ready",
    systemId: "4711",
    inRecovery: false,
    checkpointTimelineID: timelineID,
    position: 0x9000000n,
    history: [],
    slotExists: true,
    oldestWal: 0x1000000n,
    ...withPositions(value),
    timelineID,
  };
}

function localWal(value: Json): Memory["localWal"] {
  return { end: 0n, timelineID: 1, history: [], ...withPositions(value) };
}

/** `"0/3000000"` wherever a position stands. */
function withPositions(value: Json): Json {
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, isPosition(name, one) ? parseLsn(one) : one]).map((
      [name, one],
    ) => [
      name,
      name === "history" ? (one as readonly Json[]).map(withPositions) : one,
    ]),
  );
}

function isPosition(name: unknown, value: unknown): value is string {
  return ["position", "end", "oldestWal", "switchPoint"].includes(String(name)) && typeof value === "string";
}
