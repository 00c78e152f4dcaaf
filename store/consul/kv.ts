/** Consul's key-value API in the words of this room: requests as data, answers checked. */
import { Buffer } from "node:buffer";
import {
  type JsonObject,
  type JsonValue,
  parseJson,
  type WritableJson,
  writeJson,
} from "../../cluster/json.ts";
import type { StoreOperation } from "../errors.ts";
import type { ConsulResponse } from "./consul_client.ts";
import { malformed, refusal } from "./consul_errors.ts";

/** Components of Stolon refuse a key without these flags. */
const FLAGS = 3304740253564472344n;

/** One key as Consul keeps it. */
export interface ConsulKey {
  readonly key: string;
  readonly value: string;
  readonly modifyIndex: string;
  /** Session that holds the key; empty when none does. */
  readonly session: string;
}

/** One step of a transaction. */
export interface TxnStep {
  readonly verb: "set" | "cas" | "lock" | "unlock" | "check-session";
  readonly key: string;
  readonly value?: string;
  readonly session?: string;
  readonly index?: string;
}

/** What a transaction came to: the last index of its writes, or why it was refused. */
export type TxnResult = { readonly index: string } | { readonly refused: string };

/** Path of a key below `/v1/`. */
export function keyPath(key: string): string {
  return `kv/${key.split("/").map(encodeURIComponent).join("/")}`;
}

/** The body of `PUT /v1/txn`. */
export function txnBody(steps: readonly TxnStep[]): string {
  return writeJson(steps.map(({ verb, key, value, session, index }): WritableJson => ({
    KV: {
      Verb: verb,
      Key: key,
      Session: session,
      Index: index === undefined ? undefined : BigInt(index),
      ...(value === undefined ? {} : { Value: Buffer.from(value).toString("base64"), Flags: FLAGS }),
    },
  })));
}

/** Reads the answer to a transaction: done, or refused by a step (status 409). */
export function readTxn(response: ConsulResponse, operation: StoreOperation): TxnResult {
  if (response.status === 409) {
    const errors = objectsIn(fieldOf(response, operation, "Errors"));
    const reasons = errors.map((error) => String(error.What));
    // A transaction that the token may not make is refused like one whose check failed.
    if (reasons.some((reason) => /permission denied/i.test(reason))) {
      throw refusal({ ...response, status: 403, text: reasons.join("; ") }, operation);
    }
    return { refused: reasons.join("; ") };
  }
  if (response.status !== 200) throw refusal(response, operation);
  const results = objectsIn(fieldOf(response, operation, "Results"));
  const kv = results.map((result) => result.KV).filter(isObject).at(-1);
  if (kv?.ModifyIndex === undefined) throw malformed(operation, response.text);
  return { index: String(kv.ModifyIndex) };
}

/** Reads a list of keys; none is status 404. Sorted by key. */
export function readKeys(response: ConsulResponse, operation: StoreOperation): ConsulKey[] {
  if (response.filtered) {
    throw refusal(
      { ...response, status: 403, text: "the token may not read all that was asked for" },
      operation,
    );
  }
  if (response.status === 404) return [];
  if (response.status !== 200) throw refusal(response, operation);
  const keys = objectsIn(parsed(response, operation)).map((item) => toKey(item, response, operation));
  return keys.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
}

/** The id of a session that was made. */
export function readSessionId(response: ConsulResponse, operation: StoreOperation): string {
  if (response.status !== 200) throw refusal(response, operation);
  const answer = parsed(response, operation);
  if (isObject(answer) && typeof answer.ID === "string") return answer.ID;
  throw malformed(operation, response.text);
}

function toKey(item: JsonObject, response: ConsulResponse, operation: StoreOperation): ConsulKey {
  const { Key, Value, ModifyIndex, Session } = item;
  if (typeof Key !== "string" || ModifyIndex === undefined || (Value !== null && typeof Value !== "string")) {
    throw malformed(operation, response.text);
  }
  return {
    key: Key,
    value: Buffer.from(Value ?? "", "base64").toString(),
    modifyIndex: String(ModifyIndex),
    session: typeof Session === "string" ? Session : "",
  };
}

function fieldOf(response: ConsulResponse, operation: StoreOperation, field: string): JsonValue | undefined {
  const answer = parsed(response, operation);
  if (!isObject(answer)) throw malformed(operation, response.text);
  return answer[field];
}

function parsed(response: ConsulResponse, operation: StoreOperation): JsonValue {
  try {
    return parseJson(response.text);
  } catch (error) {
    throw malformed(operation, response.text, error);
  }
}

function objectsIn(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
