// This module is pure.
/** From {@link ClusterData} to the JSON of `clusterdata`: what is zero is left out, but where Go programs need it. */
import type {
  Cluster,
  ClusterData,
  Db,
  DbSpec,
  DbStatus,
  FollowConfig,
  Keeper,
  PostgresBinaryVersion,
  Proxy,
  TimelineHistoryEntry,
} from "./clusterdata.ts";
import type { WritableJson } from "./json.ts";
import { encodeOptions, encodeSpec, SPEC_OPTIONS } from "./spec_codec.ts";

/** The document, ready for `writeJson`. */
export function clusterDataToJson(data: ClusterData): WritableJson {
  return {
    formatVersion: data.formatVersion,
    changeTime: data.changeTime,
    cluster: data.cluster === null ? null : clusterToJson(data.cluster),
    keepers: mapToJson(data.keepers, keeperToJson),
    dbs: mapToJson(data.dbs, dbToJson),
    proxy: proxyToJson(data.proxy),
  };
}

function clusterToJson(cluster: Cluster): WritableJson {
  return {
    ...identity(cluster),
    spec: encodeSpec(cluster.spec),
    status: {
      currentGeneration: unlessZero(cluster.status.currentGeneration),
      phase: cluster.status.phase,
      master: unlessEmpty(cluster.status.master),
    },
  };
}

function keeperToJson(keeper: Keeper): WritableJson {
  const { status } = keeper;
  return {
    ...identity(keeper),
    spec: {},
    status: {
      healthy: unlessFalse(status.healthy),
      lastHealthyTime: status.lastHealthyTime,
      bootUUID: unlessEmpty(status.bootUUID),
      postgresBinaryVersion: binaryVersionToJson(status.postgresBinaryVersion),
      forceFail: unlessFalse(status.forceFail),
      canBeMaster: status.canBeMaster,
      canBeSynchronousReplica: status.canBeSynchronousReplica,
    },
  };
}

/** Of a keeper, in the document and in its info. */
export function binaryVersionToJson(version: PostgresBinaryVersion): WritableJson {
  return { Maj: version.Maj, Min: version.Min };
}

function dbToJson(db: Db): WritableJson {
  return { ...identity(db), spec: dbSpecToJson(db.spec), status: dbStatusToJson(db.status) };
}

function dbSpecToJson(spec: DbSpec): WritableJson {
  return {
    keeperUID: spec.keeperUID,
    requestTimeout: spec.requestTimeout,
    maxStandbys: unlessZero(spec.maxStandbys),
    synchronousReplication: unlessFalse(spec.synchronousReplication),
    usePgrewind: unlessFalse(spec.usePgrewind),
    additionalWalSenders: unlessZero(spec.additionalWalSenders),
    additionalReplicationSlots: spec.additionalReplicationSlots,
    initMode: spec.initMode,
    newConfig: unlessNull(spec.newConfig, (config) => encodeOptions(config, SPEC_OPTIONS.newConfig)),
    pitrConfig: unlessNull(spec.pitrConfig, (config) => encodeOptions(config, SPEC_OPTIONS.pitrConfig)),
    pgParameters: stringMap(spec.pgParameters),
    pgHBA: spec.pgHBA,
    role: spec.role,
    followConfig: unlessNull(spec.followConfig, followToJson),
    followers: spec.followers,
    includePreviousConfig: unlessFalse(spec.includePreviousConfig),
    synchronousStandbys: spec.synchronousStandbys,
    externalSynchronousStandbys: spec.externalSynchronousStandbys,
  };
}

function followToJson(follow: FollowConfig): WritableJson {
  if (follow.type === "internal") return { type: follow.type, dbuid: follow.dbuid };
  const tables = SPEC_OPTIONS.standbyConfig;
  return {
    type: follow.type,
    standbySettings: unlessNull(
      follow.standbySettings,
      (settings) => encodeOptions(settings, tables.standbySettings),
    ),
    archiveRecoverySettings: unlessNull(
      follow.archiveRecoverySettings,
      (settings) => encodeOptions(settings, tables.archiveRecoverySettings),
    ),
  };
}

function dbStatusToJson(status: DbStatus): WritableJson {
  return {
    healthy: unlessFalse(status.healthy),
    currentGeneration: unlessZero(status.currentGeneration),
    listenAddress: unlessEmpty(status.listenAddress),
    port: unlessEmpty(status.port),
    systemdID: unlessEmpty(status.systemdID),
    timelineID: unlessZero(status.timelineID),
    xLogPos: status.xLogPos === 0n ? undefined : status.xLogPos,
    timelinesHistory: historyToJson(status.timelinesHistory),
    pgParameters: stringMap(status.pgParameters),
    synchronousStandbys: unlessEmptyList(status.synchronousStandbys),
    olderWalFile: unlessEmpty(status.olderWalFile),
  };
}

/** Of a db's status and of a keeper's info; left out when empty. */
export function historyToJson(history: readonly TimelineHistoryEntry[]): WritableJson | undefined {
  return unlessEmptyList(history.map(({ timelineID, switchPoint, reason }) => ({
    timelineID,
    switchPoint,
    reason: unlessEmpty(reason),
  })));
}

function proxyToJson(proxy: Proxy): WritableJson {
  return {
    ...identity(proxy),
    spec: {
      masterDbUid: unlessEmpty(proxy.spec.masterDbUid),
      enabledProxies: unlessEmptyList(proxy.spec.enabledProxies),
    },
    status: {},
  };
}

function identity(object: { uid: string; generation: number; changeTime: string }) {
  return {
    uid: unlessEmpty(object.uid),
    generation: unlessZero(object.generation),
    changeTime: object.changeTime,
  };
}

function mapToJson<T>(map: Readonly<Record<string, T>>, encode: (value: T) => WritableJson): WritableJson {
  return new Map(Object.entries(map).map(([key, value]) => [key, encode(value)]));
}

/** Left out when empty. */
export function stringMap(map: Readonly<Record<string, string>>): WritableJson | undefined {
  const entries = Object.entries(map);
  return entries.length === 0 ? undefined : new Map(entries);
}

/** Left out when it is zero, as Go writes it. */
export function unlessZero(value: number): number | undefined {
  return value === 0 ? undefined : value;
}

/** Left out when it is empty, as Go writes it. */
export function unlessEmpty(value: string): string | undefined {
  return value === "" ? undefined : value;
}

/** Left out when it is false, as Go writes it. */
export function unlessFalse(value: boolean): boolean | undefined {
  return value ? true : undefined;
}

/** Left out when it is empty, as Go writes it. */
export function unlessEmptyList(value: readonly WritableJson[]): readonly WritableJson[] | undefined {
  return value.length === 0 ? undefined : value;
}

function unlessNull<T>(value: T | null, encode: (value: T) => WritableJson): WritableJson | undefined {
  return value === null ? undefined : encode(value);
}
