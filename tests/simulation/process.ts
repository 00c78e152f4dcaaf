/**
 * A simulated process: a generator that yields whenever it waits. It can be killed between any two of its steps, and
 * frozen: then nothing reaches it until it thaws, while the world goes on.
 */
import type { Clock } from "./clock.ts";
import type { World } from "./world.ts";

/** Starts something and resumes the process with its result, once. */
export type Suspension = (resume: (value: unknown) => void) => void;
export type Routine<T = void> = Generator<Suspension, T, unknown>;

/** What an awaited thing that didn't come in time resolves to. */
export const TIMED_OUT = Symbol("timed out");

export class Process {
  #alive = true;
  #frozen = false;
  /** What came while frozen. */
  readonly #held: (() => void)[] = [];

  constructor(readonly world: World, readonly name: string, readonly clock: Clock) {}

  get running(): boolean {
    return this.#alive && !this.#frozen;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Runs a routine of this process until it ends or the process is killed. */
  start(routine: Routine): void {
    this.#step(routine, undefined);
  }

  kill(): void {
    this.#alive = false;
    this.#held.length = 0;
  }

  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    if (!this.#frozen) return;
    this.#frozen = false;
    for (const action of this.#held.splice(0)) this.do(action);
  }

  /** Does something in the process: now, after the thaw, or never. */
  do(action: () => void): void {
    if (!this.#alive) return;
    if (this.#frozen) this.#held.push(action);
    else action();
  }

  #step(routine: Routine, value: unknown): void {
    const { done, value: suspension } = routine.next(value);
    if (done) return;
    let resumed = false;
    suspension((result) => {
      if (resumed) return;
      resumed = true;
      this.do(() => this.#step(routine, result));
    });
  }

  /** Sleeps by the process's own clock. */
  *sleep(ms: number): Routine {
    yield (resume) => this.world.after(this.clock.trueMs(ms), () => resume(undefined));
  }

  /** Waits for one value, or {@link TIMED_OUT} by the process's own clock. */
  *await<T>(begin: (resume: (value: T) => void) => void, timeoutMs: number): Routine<T | typeof TIMED_OUT> {
    const result = yield (resume) => {
      begin(resume as (value: T) => void);
      this.world.after(this.clock.trueMs(timeoutMs), () => resume(TIMED_OUT));
    };
    return result as T | typeof TIMED_OUT;
  }
}

/** Wakes a loop at events, and at the latest after a while. */
export class Wakeup {
  #reasons: string[] = [];
  #resume: (() => void) | undefined;

  /** Something happened. */
  poke(reason: string): void {
    this.#reasons.push(reason);
    this.#resume?.();
  }

  /** Until a poke; several count once. */
  *wait(process: Process, timeoutMs: number): Routine<readonly string[]> {
    if (this.#reasons.length === 0) {
      yield (resume) => {
        this.#resume = () => resume(undefined);
        process.world.after(process.clock.trueMs(timeoutMs), () => resume(undefined));
      };
      this.#resume = undefined;
    }
    return this.#reasons.splice(0);
  }
}
