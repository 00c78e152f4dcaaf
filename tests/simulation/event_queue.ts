/** A heap of events by time; equal times keep the order in which they came. */

export interface Event {
  readonly timeMs: number;
  readonly order: number;
  readonly action: () => void;
}

export class EventQueue {
  readonly #heap: Event[] = [];
  #order = 0;

  push(timeMs: number, action: () => void): void {
    const heap = this.#heap;
    const event = { timeMs, order: this.#order++, action };
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || !isBefore(event, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = event;
  }

  /** The first event, if it is not after `timeMs`. */
  popUntil(timeMs: number): Event | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.timeMs > timeMs) return undefined;
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(event: Event): void {
    const heap = this.#heap;
    let index = 0;
    while (true) {
      const childIndex = this.#smallerChild(index);
      const child = heap[childIndex];
      if (child === undefined || !isBefore(child, event)) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = event;
  }

  #smallerChild(index: number): number {
    const [left, right] = [this.#heap[2 * index + 1], this.#heap[2 * index + 2]];
    if (left === undefined || right === undefined) return 2 * index + 1;
    return isBefore(right, left) ? 2 * index + 2 : 2 * index + 1;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.order < b.order);
}
