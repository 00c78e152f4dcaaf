// This module is pure.
/** The infos that keepers, proxies and sentinels publish, between their JSON and plain data. Absent means zero. */
import {
  binaryVersionToJson,
  historyToJson,
  stringMap,
  unlessEmpty,
  unlessEmptyList,
  unlessFalse,
  unlessZero,
} from "./clusterdata_encode.ts";
import { binaryVersionFromFields, historyEntryFromFields } from "./clusterdata_decode.ts";
import type { Fields } from "./fields.ts";
import type { KeeperInfo, PostgresState, ProxyInfo, SentinelInfo } from "./infos.ts";
import type { WritableJson } from "./json.ts";

/** @throws {MalformedDocumentError} when a field has a wrong type */
export function keeperInfoFromFields(fields: Fields): KeeperInfo {
  const state = fields.optionalObject("postgresState");
  return {
    infoUID: fields.string("infoUID"),
    uid: fields.string("uid"),
    clusterUID: fields.string("clusterUID"),
    bootUUID: fields.string("bootUUID"),
    postgresBinaryVersion: binaryVersionFromFields(fields.object("postgresBinaryVersion")),
    canBeMaster: fields.optionalBoolean("canBeMaster"),
    canBeSynchronousReplica: fields.optionalBoolean("canBeSynchronousReplica"),
    postgresState: state === null ? null : postgresStateFromFields(state),
  };
}

function postgresStateFromFields(fields: Fields): PostgresState {
  return {
    uid: fields.string("uid"),
    generation: fields.integer("generation"),
    listenAddress: fields.string("listenAddress"),
    port: fields.string("port"),
    healthy: fields.boolean("healthy"),
    systemID: fields.string("systemID"),
    timelineID: fields.integer("timelineID"),
    xLogPos: fields.position("xLogPos"),
    timelinesHistory: fields.objects("timelinesHistory").map(historyEntryFromFields),
    pgParameters: fields.stringMap("pgParameters"),
    synchronousStandbys: fields.strings("synchronousStandbys"),
    ...(fields.boolean("synchronousStandbysConfirmed") ? { synchronousStandbysConfirmed: true } : {}),
    olderWalFile: fields.string("olderWalFile"),
  };
}

/** Ready for `writeJson`. */
export function keeperInfoToJson(info: KeeperInfo): WritableJson {
  return {
    infoUID: info.infoUID,
    uid: info.uid,
    clusterUID: unlessEmpty(info.clusterUID),
    bootUUID: unlessEmpty(info.bootUUID),
    postgresBinaryVersion: binaryVersionToJson(info.postgresBinaryVersion),
    canBeMaster: info.canBeMaster,
    canBeSynchronousReplica: info.canBeSynchronousReplica,
    postgresState: info.postgresState === null ? undefined : postgresStateToJson(info.postgresState),
  };
}

function postgresStateToJson(state: PostgresState): WritableJson {
  return {
    uid: unlessEmpty(state.uid),
    generation: unlessZero(state.generation),
    listenAddress: unlessEmpty(state.listenAddress),
    port: unlessEmpty(state.port),
    healthy: unlessFalse(state.healthy),
    systemID: unlessEmpty(state.systemID),
    timelineID: unlessZero(state.timelineID),
    xLogPos: state.xLogPos === 0n ? undefined : state.xLogPos,
    timelinesHistory: historyToJson(state.timelinesHistory),
    pgParameters: stringMap(state.pgParameters),
    synchronousStandbys: unlessEmptyList(state.synchronousStandbys),
    synchronousStandbysConfirmed: unlessFalse(state.synchronousStandbysConfirmed ?? false),
    olderWalFile: unlessEmpty(state.olderWalFile),
  };
}

/** @throws {MalformedDocumentError} when a field has a wrong type */
export function proxyInfoFromFields(fields: Fields): ProxyInfo {
  return {
    infoUID: fields.string("infoUID"),
    UID: fields.string("UID"),
    Generation: fields.integer("Generation"),
    ProxyTimeout: fields.position("ProxyTimeout"),
  };
}

/** Ready for `writeJson`. */
export function proxyInfoToJson(info: ProxyInfo): WritableJson {
  return {
    infoUID: info.infoUID,
    UID: info.UID,
    Generation: info.Generation,
    ProxyTimeout: info.ProxyTimeout,
  };
}

/** @throws {MalformedDocumentError} when a field has a wrong type */
export function sentinelInfoFromFields(fields: Fields): SentinelInfo {
  return { UID: fields.string("UID") };
}

/** Ready for `writeJson`. */
export function sentinelInfoToJson(info: SentinelInfo): WritableJson {
  return { UID: info.UID };
}
