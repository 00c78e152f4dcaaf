// This module is pure.
/**
 * What a Go program needs in order to read `clusterdata` at all. One bad value blinds every Go program of the
 * cluster: the writer asserts this, and `stolonctl` refuses what others hand in.
 */
import { type ClusterData, type Db, sortedKeys } from "./clusterdata.ts";
import { parseDurationMs } from "./duration.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { isObject } from "./fields.ts";
import type { ClusterSpec } from "./spec.ts";
import { SPEC_OPTIONS } from "./spec_codec.ts";

const MAX_UINT16 = 0xffff;
const MAX_UINT32 = 0xffff_ffff;
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** Why a Go program couldn't read this document, each with the path of the field; empty when it can. */
export function goReadabilityProblems(data: ClusterData): string[] {
  return [
    ...timeProblem("changeTime", data.changeTime),
    ...timeProblem("proxy.changeTime", data.proxy.changeTime),
    ...clusterProblems(data),
    ...sortedKeys(data.keepers).flatMap((uid) => keeperProblems(data, uid)),
    ...sortedKeys(data.dbs).flatMap((uid) => dbProblems(data, uid)),
    ...sharedKeeperProblems(data),
  ];
}

/** The same for what decoding fills in by itself: parts that the text of a document must have. */
export function missingPartsProblems(document: JsonValue): string[] {
  if (!isObject(document)) return ["the document is not an object"];
  const missing = ["keepers", "dbs", "proxy"].filter((name) => !isObject(document[name]));
  const dbs: JsonObject = isObject(document["dbs"]) ? document["dbs"] : {};
  const withoutSpec = sortedKeys(dbs).filter((uid) => !hasSpec(dbs[uid])).map((uid) => `dbs.${uid}.spec`);
  return [...missing, ...withoutSpec].map((path) => `${path}: expected an object, found none`);
}

function hasSpec(db: JsonValue | undefined): boolean {
  return isObject(db) && isObject(db["spec"]);
}

function clusterProblems(data: ClusterData): string[] {
  const { cluster } = data;
  if (cluster === null) return [];
  const { phase, master } = cluster.status;
  const masterMissing = phase === "normal" && !Object.hasOwn(data.dbs, master);
  return [
    ...timeProblem("cluster.changeTime", cluster.changeTime),
    ...generationProblem("cluster.generation", cluster.generation),
    ...(masterMissing ? [`cluster.status.master: there is no db "${master}"`] : []),
    ...specProblems(cluster.spec),
  ];
}

function specProblems(spec: ClusterSpec): string[] {
  const durations = Object.entries(SPEC_OPTIONS).filter(([, kind]) => kind === "duration").map(([name]) =>
    name
  );
  const values = spec as Readonly<Record<string, unknown>>;
  return [
    ...durations.flatMap((name) => durationProblem(`cluster.spec.${name}`, values[name])),
    ...rangeProblem("cluster.spec.maxStandbys", spec.maxStandbys, MAX_UINT16),
    ...rangeProblem("cluster.spec.maxStandbysPerSender", spec.maxStandbysPerSender, MAX_UINT16),
    ...rangeProblem("cluster.spec.minSynchronousStandbys", spec.minSynchronousStandbys, MAX_UINT16),
    ...rangeProblem("cluster.spec.maxSynchronousStandbys", spec.maxSynchronousStandbys, MAX_UINT16),
    ...rangeProblem("cluster.spec.additionalWalSenders", spec.additionalWalSenders, MAX_UINT16),
    ...rangeProblem("cluster.spec.maxStandbyLag", spec.maxStandbyLag, MAX_UINT32),
    ...stringValuesProblems("cluster.spec.pgParameters", spec.pgParameters ?? {}),
  ];
}

function keeperProblems(data: ClusterData, uid: string): string[] {
  const keeper = data.keepers[uid];
  if (keeper === undefined) return [`keepers.${uid}: expected an object, found none`];
  return [
    ...uidProblem(`keepers.${uid}`, keeper.uid, uid),
    ...timeProblem(`keepers.${uid}.changeTime`, keeper.changeTime),
    ...timeProblem(`keepers.${uid}.status.lastHealthyTime`, keeper.status.lastHealthyTime),
    ...generationProblem(`keepers.${uid}.generation`, keeper.generation),
  ];
}

function dbProblems(data: ClusterData, uid: string): string[] {
  const path = `dbs.${uid}`;
  const db = data.dbs[uid];
  if (db === undefined) return [`${path}: expected an object, found none`];
  return [
    ...uidProblem(path, db.uid, uid),
    ...timeProblem(`${path}.changeTime`, db.changeTime),
    ...generationProblem(`${path}.generation`, db.generation),
    ...assignmentProblems(data, db),
    ...durationProblem(`${path}.spec.requestTimeout`, db.spec.requestTimeout),
    ...rangeProblem(`${path}.spec.maxStandbys`, db.spec.maxStandbys, MAX_UINT16),
    ...rangeProblem(`${path}.spec.additionalWalSenders`, db.spec.additionalWalSenders, MAX_UINT16),
    ...stringValuesProblems(`${path}.spec.pgParameters`, db.spec.pgParameters),
    ...positionProblems(`${path}.status`, db),
  ];
}

function assignmentProblems(data: ClusterData, db: Db): string[] {
  const path = `dbs.${db.uid}.spec`;
  const { keeperUID, role, followConfig } = db.spec;
  return [
    ...(Object.hasOwn(data.keepers, keeperUID)
      ? []
      : [`${path}.keeperUID: there is no keeper "${keeperUID}"`]),
    ...(role === "standby" && followConfig === null ? [`${path}.followConfig: a standby needs one`] : []),
  ];
}

function positionProblems(path: string, db: Db): string[] {
  const positions = [db.status.xLogPos, ...db.status.timelinesHistory.map((entry) => entry.switchPoint)];
  return positions.filter((position) => BigInt.asUintN(64, position) !== position)
    .map((position) => `${path}: ${position} is not an unsigned 64-bit position`);
}

function sharedKeeperProblems(data: ClusterData): string[] {
  const dbsByKeeper = Map.groupBy(sortedKeys(data.dbs), (uid) => data.dbs[uid]?.spec.keeperUID ?? "");
  return [...dbsByKeeper].filter(([, uids]) => uids.length > 1)
    .map(([keeper, uids]) => `dbs: ${uids.join(" and ")} are assigned to one keeper, "${keeper}"`);
}

function uidProblem(path: string, uid: string, key: string): string[] {
  return uid === key ? [] : [`${path}.uid: expected "${key}", found "${uid}"`];
}

function generationProblem(path: string, generation: number): string[] {
  return Number.isSafeInteger(generation) ? [] : [`${path}: ${generation} is not an integer`];
}

function timeProblem(path: string, time: string): string[] {
  const readable = RFC3339.test(time) && !Number.isNaN(Date.parse(time.replace(/^0001-/, "2001-")));
  return readable ? [] : [`${path}: "${time}" is not a time in RFC 3339`];
}

function durationProblem(path: string, value: unknown): string[] {
  if (value === undefined || value === null) return [];
  try {
    parseDurationMs(String(value));
    return [];
  } catch (error) {
    return [`${path}: ${error instanceof Error ? error.message : error}`];
  }
}

function rangeProblem(path: string, value: number | null | undefined, max: number): string[] {
  if (value === undefined || value === null) return [];
  const fits = Number.isInteger(value) && value >= 0 && value <= max;
  return fits ? [] : [`${path}: ${value} is not an integer between 0 and ${max}`];
}

function stringValuesProblems(path: string, map: Readonly<Record<string, unknown>>): string[] {
  return sortedKeys(map).filter((name) => typeof map[name] !== "string")
    .map((name) => `${path}.${name}: ${String(map[name])} is not a string`);
}
