// This module is pure.
/**
 * The documents of the store as text. Reading is lenient where the format is (absent means zero, unknown fields are
 * ignored) and refuses the rest with the path of the field; writing asserts that Go programs can read the result.
 */
import type { ClusterData } from "./clusterdata.ts";
import { clusterDataFromFields } from "./clusterdata_decode.ts";
import { clusterDataToJson } from "./clusterdata_encode.ts";
import { MalformedDocumentError } from "./errors.ts";
import { expected, Fields, isObject } from "./fields.ts";
import { goReadabilityProblems } from "./go_readability.ts";
import type { KeeperInfo, ProxyInfo, SentinelInfo } from "./infos.ts";
import {
  keeperInfoFromFields,
  keeperInfoToJson,
  proxyInfoFromFields,
  proxyInfoToJson,
  sentinelInfoFromFields,
  sentinelInfoToJson,
} from "./infos_codec.ts";
import { type JsonValue, parseJson, writeJson } from "./json.ts";

/**
 * The document under `clusterdata`, or null for the text `null`, which means that there is no document.
 * @throws {MalformedDocumentError} when it isn't one
 * @throws {FormatVersionError} when it is of another version of the format
 */
export function decodeClusterData(text: string): ClusterData | null {
  const value = parseDocument(text);
  return value === null ? null : clusterDataFromFields(topFields(value));
}

/**
 * The text of the document. Maps are sorted.
 * @param indent what to indent each level with; without it everything is on one line
 * @throws {MalformedDocumentError} when a Go program couldn't read it: a broken invariant of whoever made the data
 */
export function encodeClusterData(data: ClusterData, indent = ""): string {
  const problems = goReadabilityProblems(data);
  if (problems.length > 0) throw new MalformedDocumentError("", `not written: ${problems.join("; ")}`);
  return writeJson(clusterDataToJson(data), indent);
}

/**
 * The info under `keepers/info/<uid>`.
 * @throws {MalformedDocumentError} when it isn't one
 */
export function decodeKeeperInfo(text: string): KeeperInfo {
  return keeperInfoFromFields(topFields(parseDocument(text)));
}

/** The text under `keepers/info/<uid>`. */
export function encodeKeeperInfo(info: KeeperInfo): string {
  return writeJson(keeperInfoToJson(info));
}

/**
 * The info under `proxies/info/<uid>`.
 * @throws {MalformedDocumentError} when it isn't one
 */
export function decodeProxyInfo(text: string): ProxyInfo {
  return proxyInfoFromFields(topFields(parseDocument(text)));
}

/** The text under `proxies/info/<uid>`. */
export function encodeProxyInfo(info: ProxyInfo): string {
  return writeJson(proxyInfoToJson(info));
}

/**
 * The info under `sentinels/info/<uid>`.
 * @throws {MalformedDocumentError} when it isn't one
 */
export function decodeSentinelInfo(text: string): SentinelInfo {
  return sentinelInfoFromFields(topFields(parseDocument(text)));
}

/** The text under `sentinels/info/<uid>`. */
export function encodeSentinelInfo(info: SentinelInfo): string {
  return writeJson(sentinelInfoToJson(info));
}

/**
 * JSON of a document.
 * @throws {MalformedDocumentError} when the text isn't JSON
 */
export function parseDocument(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new MalformedDocumentError("", `not JSON: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}

function topFields(value: JsonValue): Fields {
  if (!isObject(value)) throw new MalformedDocumentError("", expected("an object", value));
  return new Fields(value, "");
}
