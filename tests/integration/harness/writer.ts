/**
 * A client that writes without pause through the proxy, reconnects whenever it is cut off, and remembers every write
 * that the server acknowledged: the judge of outages and of losses.
 */
import net from "node:net";
// @ts-types="@types/pg"
import pg from "pg";
import { type ConnectionTarget, query } from "./sql.ts";
import { waitUntil } from "./wait.ts";

export interface WriterOptions {
  readonly target: ConnectionTarget;
  readonly table?: string;
  /** Pause between writes and between attempts to connect. */
  readonly pauseMs?: number;
  /** A statement without an answer for this long is given up, and its connection with it. */
  readonly answerTimeoutMs?: number;
}

export interface Acknowledgement {
  readonly id: number;
  /** By `performance.now()`, when the answer came. */
  readonly atMs: number;
}

/** A time without acknowledged writes. */
export interface Outage {
  readonly fromMs: number;
  readonly toMs: number;
  readonly lengthMs: number;
}

export class Writer implements AsyncDisposable {
  readonly acknowledged: Acknowledgement[] = [];
  /** The last error that a write or a connect ended with. */
  lastError: Error | undefined;
  readonly #target: ConnectionTarget;
  readonly #table: string;
  readonly #pauseMs: number;
  readonly #answerTimeoutMs: number;
  #nextId = 1;
  #stopped = false;
  #socket: net.Socket | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: WriterOptions) {
    this.#target = options.target;
    this.#table = options.table ?? "acknowledged_writes";
    this.#pauseMs = options.pauseMs ?? 10;
    this.#answerTimeoutMs = options.answerTimeoutMs ?? 15_000;
  }

  /** Makes the table if it is missing and starts to write; resolves with the first acknowledgement. */
  async start(timeoutMs?: number): Promise<Acknowledgement> {
    this.#running = this.#run();
    const options = timeoutMs === undefined ? { everyMs: 10 } : { everyMs: 10, timeoutMs };
    return await waitUntil("first acknowledged write", () => this.acknowledged[0] ?? this.#fail(), options);
  }

  /** Resolves with the first acknowledgement later than `ms` (by `performance.now()`). */
  async acknowledgedAfter(ms: number, timeoutMs?: number): Promise<Acknowledgement> {
    const options = timeoutMs === undefined ? { everyMs: 10 } : { everyMs: 10, timeoutMs };
    return await waitUntil(
      "an acknowledged write",
      () => this.acknowledged.find((a) => a.atMs > ms) ?? this.#fail(),
      options,
    );
  }

  /** The longest time without an acknowledgement that ended after `ms`. */
  longestOutage(sinceMs: number): Outage {
    let longest: Outage = { fromMs: sinceMs, toMs: sinceMs, lengthMs: 0 };
    for (let i = 1; i < this.acknowledged.length; i++) {
      const fromMs = this.acknowledged[i - 1]?.atMs ?? 0;
      const toMs = this.acknowledged[i]?.atMs ?? 0;
      if (toMs > sinceMs && toMs - fromMs > longest.lengthMs) {
        longest = { fromMs, toMs, lengthMs: toMs - fromMs };
      }
    }
    return longest;
  }

  /** Acknowledged writes that the server at `target` (by default the writer's own) does not have. */
  async missing(target: ConnectionTarget = this.#target): Promise<number[]> {
    const acknowledged = this.acknowledged.map(({ id }) => id);
    const rows = await query(target, `SELECT id FROM ${this.#table}`);
    const there = new Set(rows.map((row) => Number(row["id"])));
    return acknowledged.filter((id) => !there.has(id));
  }

  /** Ends the writing and its connection. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#socket?.destroy();
    await this.#running;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #fail(): undefined {
    if (this.lastError !== undefined) throw this.lastError;
    return undefined;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#writeOnOneConnection();
      } catch (error) {
        this.lastError = error instanceof Error ? error : new Error(String(error));
      }
      await this.#pause();
    }
  }

  async #writeOnOneConnection(): Promise<void> {
    const socket = new net.Socket();
    this.#socket = socket;
    const client = new pg.Client({ ...this.#target, stream: () => socket, connectionTimeoutMillis: 2_000 });
    // What cuts the connection also fails the pending statement, which reports it.
    client.on("error", () => {});
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    try {
      await this.#answered(client.connect());
      await this.#makeTable(client);
      while (!this.#stopped) await this.#write(client);
    } finally {
      socket.destroy();
      await closed;
    }
  }

  async #makeTable(client: pg.Client): Promise<void> {
    if (this.acknowledged.length > 0) return;
    await this.#answered(client.query(`CREATE TABLE IF NOT EXISTS ${this.#table} (id bigint PRIMARY KEY)`));
    // A kept directory may have the rows of an earlier writer.
    const { rows } = await this.#answered(client.query(`SELECT max(id) AS last FROM ${this.#table}`));
    this.#nextId = Math.max(this.#nextId, Number(rows[0]?.last ?? 0) + 1);
  }

  async #write(client: pg.Client): Promise<void> {
    const id = this.#nextId++;
    await this.#answered(client.query(`INSERT INTO ${this.#table} VALUES (${id})`));
    this.acknowledged.push({ id, atMs: performance.now() });
    await this.#pause();
  }

  /** A server that is frozen answers nothing and closes nothing: then the connection is given up. */
  async #answered<T>(answer: Promise<T>): Promise<T> {
    const timer = setTimeout(
      () => this.#socket?.destroy(new Error(`no answer within ${this.#answerTimeoutMs} ms`)),
      this.#answerTimeoutMs,
    );
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#pauseMs));
  }
}
