/** Messages between nodes: they take time, and get lost where a partition, in one or both directions, cuts the way. */
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

export class Network {
  readonly #cuts = new Map<string, number>();
  readonly #random: Random;
  /** Added to every delivery; a fault may raise it. */
  extraDelayMs = 0;

  constructor(readonly world: World) {
    this.#random = world.random.fork("network");
  }

  /** Cuts one direction until the returned function is called. */
  cut(from: string, to: string): () => void {
    const key = `${from}>${to}`;
    this.#cuts.set(key, (this.#cuts.get(key) ?? 0) + 1);
    return () => {
      const left = (this.#cuts.get(key) ?? 1) - 1;
      if (left === 0) this.#cuts.delete(key);
      else this.#cuts.set(key, left);
    };
  }

  isOpen(from: string, to: string): boolean {
    return from === to || this.#cuts.size === 0 || !this.#cuts.has(`${from}>${to}`);
  }

  isOpenBothWays(a: string, b: string): boolean {
    return this.isOpen(a, b) && this.isOpen(b, a);
  }

  /** What a message takes at present. */
  latencyMs(): number {
    const slow = this.#random.chance(0.01) ? this.#random.between(20, 300) : 0;
    return this.#random.between(0.2, 3) + slow + this.extraDelayMs;
  }

  /** Delivers unless the way is cut when it is sent or when it should arrive. */
  send(from: string, to: string, deliver: () => void): void {
    if (!this.isOpen(from, to)) return;
    this.world.after(this.latencyMs(), () => {
      if (this.isOpen(from, to)) deliver();
    });
  }
}
