/** Bytes moved so far, in a place that other threads may read. */

/** See the module. Added to at every message, so there is nothing between it and its memory. */
export class ByteCount {
  readonly #values: Float64Array;
  readonly #index: number;

  /** By default in memory of its own. */
  constructor(values: Float64Array = new Float64Array(1), index = 0) {
    this.#values = values;
    this.#index = index;
  }

  get bytes(): number {
    return this.#values[this.#index] ?? 0;
  }

  add(bytes: number): void {
    this.#values[this.#index] = this.bytes + bytes;
  }
}
