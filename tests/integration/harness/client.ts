/** A client that keeps one connection open, as applications do, to see when it is cut and what gets through. */
// @ts-types="@types/pg"
import pg from "pg";
import type { ConnectionTarget } from "./sql.ts";

export class HeldConnection implements AsyncDisposable {
  readonly #client: pg.Client;
  #cut: Error | undefined;
  readonly #ended: Promise<void>;

  private constructor(client: pg.Client) {
    this.#client = client;
    client.on("error", (error: Error) => this.#cut ??= error);
    this.#ended = new Promise((resolve) =>
      client.once("end", () => {
        this.#cut ??= new Error("the connection ended");
        resolve();
      })
    );
  }

  /** Connects within 10 s or fails. */
  static async open(target: ConnectionTarget): Promise<HeldConnection> {
    const held = new HeldConnection(new pg.Client({ ...target, connectionTimeoutMillis: 10_000 }));
    await held.#client.connect();
    return held;
  }

  /** Whether the other side has ended the connection. */
  get isCut(): boolean {
    return this.#cut !== undefined;
  }

  /** Sends a statement and does not wait for its answer; what becomes of it is for the test to find out. */
  send(sql: string): void {
    this.#client.query(sql).catch((error: Error) => this.#cut ??= error);
  }

  /** Sends a statement and waits for its answer. */
  async query(sql: string): Promise<void> {
    await this.#client.query(sql);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#cut === undefined) await this.#client.end();
    await this.#ended;
  }
}
