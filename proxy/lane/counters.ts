/** What a lane counts, in memory that the proxy's main thread reads whenever somebody asks for metrics. */
import { type Refusal, REFUSAL_MEANING } from "../route.ts";
import { ByteCount } from "./byte_count.ts";

/** Why a client was closed without being served. */
export type RefusedReason = Refusal | "connect_failed";

export const REFUSED_REASONS: readonly RefusedReason[] = [
  ...Object.keys(REFUSAL_MEANING) as Refusal[],
  "connect_failed",
];

/** Upper bounds of the histogram of connect times, in seconds. */
export const CONNECT_BUCKETS: readonly number[] = [
  ...[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
];

const FIELDS = ["open", "accepted", "dropped", "toServer", "toClient", "connects", "connectSeconds"] as const;
type Field = typeof FIELDS[number];
const REFUSED_AT = FIELDS.length;
const BUCKETS_AT = REFUSED_AT + REFUSED_REASONS.length;
const LENGTH = BUCKETS_AT + CONNECT_BUCKETS.length;

/** See the module. One lane writes, everybody reads; a figure is never more than an instant old. */
export class LaneCounters {
  readonly #values: Float64Array;
  readonly toServer: ByteCount;
  readonly toClient: ByteCount;

  /** Over memory that another thread has made, or over its own. */
  constructor(
    readonly memory: SharedArrayBuffer = new SharedArrayBuffer(LENGTH * Float64Array.BYTES_PER_ELEMENT),
  ) {
    this.#values = new Float64Array(memory);
    this.toServer = new ByteCount(this.#values, FIELDS.indexOf("toServer"));
    this.toClient = new ByteCount(this.#values, FIELDS.indexOf("toClient"));
  }

  get(field: Field): number {
    return this.#at(FIELDS.indexOf(field));
  }

  add(field: Field, amount = 1): void {
    this.#add(FIELDS.indexOf(field), amount);
  }

  refused(reason: RefusedReason): number {
    return this.#at(REFUSED_AT + REFUSED_REASONS.indexOf(reason));
  }

  addRefused(reason: RefusedReason): void {
    this.#add(REFUSED_AT + REFUSED_REASONS.indexOf(reason), 1);
  }

  /** Connects that took no longer than the bucket's bound but longer than the bound before. */
  connectsIn(bucket: number): number {
    return this.#at(BUCKETS_AT + bucket);
  }

  addConnect(seconds: number): void {
    const bucket = CONNECT_BUCKETS.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) this.#add(BUCKETS_AT + bucket, 1);
    this.add("connects");
    this.add("connectSeconds", seconds);
  }

  #at(index: number): number {
    return this.#values[index] ?? 0;
  }

  #add(index: number, amount: number): void {
    this.#values[index] = this.#at(index) + amount;
  }
}
