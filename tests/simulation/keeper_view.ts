/** What a simulated keeper sees of its machine, in the words of the real one. */
import { walSegmentName } from "../../cluster/lsn.ts";
import type { DirectoryFacts, RunningFacts } from "../../keeper/observed.ts";
import type { SeenState } from "../../keeper/published_state.ts";
import type { KeeperSettings } from "../../keeper/settings.ts";
import type { KeeperOptions } from "./keeper.ts";
import type { Machine } from "./machine.ts";
import type { PostgresServer } from "./postgres.ts";
import { SEGMENT_BYTES, shownLsn } from "./wal.ts";

export function runningFacts(server: PostgresServer): RunningFacts {
  const { directory } = server;
  const slots = [...directory.slots.keys()].map((name) => ({
    name,
    physical: true,
    temporary: false,
    active: server.senders.has(name),
    reserved: true,
    lost: false,
  }));
  return {
    inRecovery: server.inRecovery,
    timelineID: directory.branch.timelineID,
    position: shownLsn(directory.lsn),
    history: directory.branch.history,
    streaming: server.receiver.streaming,
    slots,
    pendingRestart: [],
    configurationProblems: [],
    refusedParameters: [],
    refusedHbaLines: [],
    appliedParameters: {},
    inSync: server.inSync(),
  };
}

export function seenState(server: PostgresServer): SeenState {
  const { branch, lsn, oldestWal } = server.directory;
  return {
    systemId: branch.systemId,
    timelineID: branch.timelineID,
    position: shownLsn(lsn),
    history: branch.history,
    fileParameters: {},
    inSync: server.inSync(),
    oldestWalFile: walSegmentName({ timelineID: branch.timelineID, position: shownLsn(oldestWal) }),
  };
}

export function settingsOf(machine: Machine, options: KeeperOptions): KeeperSettings {
  const user = { method: "trust", password: undefined } as const;
  return {
    clusterName: "simulated",
    dataDir: "/data",
    pgDataDir: "/data/postgres",
    listenAddress: machine.address,
    port: 5432,
    advertiseAddress: machine.address,
    advertisePort: 5432,
    binPath: undefined,
    superuser: { ...user, name: "postgres" },
    replication: { ...user, name: "repl" },
    canBeMaster: options.canBeMaster,
    canBeSynchronousReplica: options.canBeSynchronousReplica,
    socketDirectory: "/tmp",
    osUserName: "postgres",
  };
}

export function directoryFacts(machine: Machine): DirectoryFacts {
  const { directory } = machine.disk;
  if (directory === null) {
    const nothing = {
      control: null,
      standbySignal: false,
      recoverySignal: false,
      configuration: null,
      hba: null,
    };
    return { kind: "empty", ...nothing };
  }
  const { branch, cleanlyStopped, wasStandby, standbySignal, recoverySignal, configuration, hba } = directory;
  const control = {
    systemId: branch.systemId,
    timelineID: branch.timelineID,
    cleanlyStopped,
    wasStandby,
    minimumParameters: {},
    segmentBytes: BigInt(SEGMENT_BYTES),
  };
  return { kind: "instance", control, standbySignal, recoverySignal, configuration, hba };
}
