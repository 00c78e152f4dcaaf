// This module is pure.
/** From the JSON of `clusterdata` to {@link ClusterData}. Absent means zero; unknown fields are ignored. */
import {
  type Cluster,
  type ClusterData,
  type ClusterPhase,
  type Db,
  type DbInitMode,
  type DbRole,
  type DbSpec,
  type DbStatus,
  type FollowConfig,
  FORMAT_VERSION,
  type Keeper,
  type PostgresBinaryVersion,
  type Proxy,
  type TimelineHistoryEntry,
  ZERO_TIME,
} from "./clusterdata.ts";
import { FormatVersionError } from "./errors.ts";
import type { Fields } from "./fields.ts";
import type { ArchiveRecoverySettings, NewConfig, PitrConfig, StandbySettings } from "./spec.ts";
import { decodeOptions, decodeSpec, SPEC_OPTIONS } from "./spec_codec.ts";

const PHASES: readonly ClusterPhase[] = ["initializing", "normal"];
const ROLES: readonly DbRole[] = ["master", "standby"];
const INIT_MODES: readonly DbInitMode[] = ["none", "new", "pitr", "existing", "resync"];

/**
 * @throws {FormatVersionError} when the document is of another format version
 * @throws {MalformedDocumentError} when a field is not what it has to be
 */
export function clusterDataFromFields(fields: Fields): ClusterData {
  const formatVersion = fields.integer("formatVersion");
  if (formatVersion !== FORMAT_VERSION) throw new FormatVersionError(formatVersion, FORMAT_VERSION);
  const cluster = fields.optionalObject("cluster");
  return {
    formatVersion,
    changeTime: time(fields, "changeTime"),
    cluster: cluster === null ? null : clusterFromFields(cluster),
    keepers: fields.objectsByKey("keepers", keeperFromFields),
    dbs: fields.objectsByKey("dbs", dbFromFields),
    proxy: proxyFromFields(fields.object("proxy")),
  };
}

function clusterFromFields(fields: Fields): Cluster {
  const status = fields.object("status");
  return {
    ...identity(fields, ""),
    spec: decodeSpec(fields.raw("spec") ?? {}, `${fields.path}.spec`),
    status: {
      currentGeneration: status.integer("currentGeneration"),
      phase: oneOf(status, "phase", PHASES),
      master: status.string("master"),
    },
  };
}

function keeperFromFields(fields: Fields, key: string): Keeper {
  const status = fields.object("status");
  return {
    ...identity(fields, key),
    status: {
      healthy: status.boolean("healthy"),
      lastHealthyTime: time(status, "lastHealthyTime"),
      bootUUID: status.string("bootUUID"),
      postgresBinaryVersion: binaryVersionFromFields(status.object("postgresBinaryVersion")),
      forceFail: status.boolean("forceFail"),
      canBeMaster: status.optionalBoolean("canBeMaster"),
      canBeSynchronousReplica: status.optionalBoolean("canBeSynchronousReplica"),
    },
  };
}

/** Of a keeper, in the document and in its info. */
export function binaryVersionFromFields(fields: Fields): PostgresBinaryVersion {
  return { Maj: fields.integer("Maj"), Min: fields.integer("Min") };
}

function dbFromFields(fields: Fields, key: string): Db {
  return {
    ...identity(fields, key),
    spec: dbSpecFromFields(fields.object("spec")),
    status: dbStatusFromFields(fields.object("status")),
  };
}

function dbSpecFromFields(fields: Fields): DbSpec {
  return {
    keeperUID: fields.string("keeperUID"),
    requestTimeout: fields.string("requestTimeout") || "0s",
    maxStandbys: fields.integer("maxStandbys"),
    synchronousReplication: fields.boolean("synchronousReplication"),
    usePgrewind: fields.boolean("usePgrewind"),
    additionalWalSenders: fields.integer("additionalWalSenders"),
    additionalReplicationSlots: fields.optionalStrings("additionalReplicationSlots"),
    initMode: fields.string("initMode") === "" ? "none" : oneOf(fields, "initMode", INIT_MODES),
    newConfig: options<NewConfig>(fields, "newConfig", SPEC_OPTIONS.newConfig),
    pitrConfig: options<PitrConfig>(fields, "pitrConfig", SPEC_OPTIONS.pitrConfig),
    pgParameters: fields.stringMap("pgParameters"),
    pgHBA: fields.optionalStrings("pgHBA"),
    role: oneOf(fields, "role", ROLES),
    followConfig: followFromFields(fields.optionalObject("followConfig")),
    followers: fields.strings("followers"),
    includePreviousConfig: fields.boolean("includePreviousConfig"),
    synchronousStandbys: fields.optionalStrings("synchronousStandbys"),
    externalSynchronousStandbys: fields.optionalStrings("externalSynchronousStandbys"),
  };
}

function followFromFields(fields: Fields | null): FollowConfig | null {
  if (fields === null) return null;
  const type = oneOf(fields, "type", ["internal", "external"] as const);
  if (type === "internal") return { type, dbuid: fields.string("dbuid") };
  const { standbySettings, archiveRecoverySettings } = SPEC_OPTIONS.standbyConfig;
  return {
    type,
    standbySettings: options<StandbySettings>(fields, "standbySettings", standbySettings),
    archiveRecoverySettings: options<ArchiveRecoverySettings>(
      fields,
      "archiveRecoverySettings",
      archiveRecoverySettings,
    ),
  };
}

function dbStatusFromFields(fields: Fields): DbStatus {
  return {
    healthy: fields.boolean("healthy"),
    currentGeneration: fields.integer("currentGeneration"),
    listenAddress: fields.string("listenAddress"),
    port: fields.string("port"),
    systemdID: fields.string("systemdID"),
    timelineID: fields.integer("timelineID"),
    xLogPos: fields.position("xLogPos"),
    timelinesHistory: fields.objects("timelinesHistory").map(historyEntryFromFields),
    pgParameters: fields.stringMap("pgParameters"),
    synchronousStandbys: fields.strings("synchronousStandbys"),
    olderWalFile: fields.string("olderWalFile"),
  };
}

/** Of a db's status and of a keeper's info. */
export function historyEntryFromFields(fields: Fields): TimelineHistoryEntry {
  return {
    timelineID: fields.integer("timelineID"),
    switchPoint: fields.position("switchPoint"),
    reason: fields.string("reason"),
  };
}

function proxyFromFields(fields: Fields): Proxy {
  const spec = fields.object("spec");
  return {
    ...identity(fields, ""),
    spec: { masterDbUid: spec.string("masterDbUid"), enabledProxies: spec.strings("enabledProxies") },
  };
}

function identity(fields: Fields, key: string): { uid: string; generation: number; changeTime: string } {
  return {
    uid: fields.string("uid") || key,
    generation: fields.integer("generation"),
    changeTime: time(fields, "changeTime"),
  };
}

function time(fields: Fields, name: string): string {
  return fields.string(name) || ZERO_TIME;
}

function options<T extends object>(
  fields: Fields,
  name: string,
  table: Parameters<typeof decodeOptions>[1],
): T | null {
  const object = fields.optionalObject(name);
  return object === null ? null : decodeOptions(object, table) as T;
}

function oneOf<T extends string>(fields: Fields, name: string, known: readonly T[]): T {
  const value = fields.string(name);
  return known.find((candidate) => candidate === value) ??
    fields.fail(name, `expected ${known.join(" or ")}, found "${value}"`);
}
