/**
 * Sessions with PostgreSQL (npm:pg). Every connect and every query is bounded by a timeout and a signal: on either the socket
 * is destroyed, so nothing waits for a frozen server. Environment variables (`PGOPTIONS` and the like) play no part.
 */
import pg from "pg";
import { timeLimit } from "../../common/clock.ts";
import type { Instance } from "./instance.ts";

/** Where and as whom. */
export interface ConnectionTarget {
  /** Host name, IP address, or the directory of a unix socket (starts with a slash). */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  /** Default `postgres`. Ignored by a physical replication session. */
  readonly database?: string;
  /** `prefer` (default over TCP): encrypted if the server can. */
  readonly tls?: "disable" | "prefer" | "require";
}

export interface SessionOptions {
  /** Limit of the connect and of each query. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Speak the physical replication protocol: `IDENTIFY_SYSTEM` and the like. */
  readonly replication?: boolean;
}

/** A row as text: every column as PostgreSQL writes it, null for NULL. */
export type Row = Readonly<Record<string, string | null>>;

/** A connect or a query failed. `sqlState` is PostgreSQL's five-character code, undefined when it wasn't PostgreSQL that refused. */
export class PostgresError extends Error {
  override readonly name = "PostgresError";
  constructor(message: string, readonly sqlState: string | undefined, options?: ErrorOptions) {
    super(message, options);
  }
}

/** An open session. Close it: `await using session = await openSession(...)`. */
export class Session implements AsyncDisposable {
  readonly #client: pg.Client;
  readonly #where: string;
  readonly #options: SessionOptions;

  constructor(client: pg.Client, where: string, options: SessionOptions) {
    this.#client = client;
    this.#where = where;
    this.#options = options;
  }

  /** Runs one statement; the error names neither the statement's values nor secrets. @throws {PostgresError} */
  async query(text: string, values?: readonly unknown[]): Promise<readonly Row[]> {
    const { signal, timeoutMs } = this.#options;
    using limit = timeLimit(timeoutMs, signal);
    const run = this.#client.query({ text, ...(values === undefined ? {} : { values: [...values] }) });
    try {
      const result = await orDestroyed(this.#client, run, limit.signal);
      return result.rows as Row[];
    } catch (cause) {
      throw postgresError(`a query at ${this.#where}`, cause);
    }
  }

  /** The first column of the first row. @throws {PostgresError} when there is none. */
  async value(text: string, values?: readonly unknown[]): Promise<string | null> {
    const row = (await this.query(text, values))[0];
    const first = row === undefined ? undefined : Object.values(row)[0];
    if (first === undefined) throw new PostgresError(`a query at ${this.#where} returned no row`, undefined);
    return first;
  }

  /** Ends the session, by force when PostgreSQL doesn't answer within a second. */
  async [Symbol.asyncDispose](): Promise<void> {
    using limit = timeLimit(CLOSE_TIMEOUT_MS);
    try {
      await orDestroyed(this.#client, this.#client.end(), limit.signal);
    } catch {
      destroy(this.#client);
    }
  }
}

const CLOSE_TIMEOUT_MS = 1000;

/** A text as an SQL literal. */
export function quoteLiteral(text: string): string {
  return pg.escapeLiteral(text);
}

/** A name as a quoted SQL identifier. */
export function quoteIdentifier(name: string): string {
  return pg.escapeIdentifier(name);
}

/** The superuser over the instance's unix socket. */
export function superuserTarget(instance: Instance, database = "postgres"): ConnectionTarget {
  const { name, password } = instance.superuser;
  return {
    host: instance.socketDirectory,
    port: instance.port,
    user: name,
    password,
    database,
    tls: "disable",
  };
}

/** The replication user over the instance's unix socket. */
export function replicationTarget(instance: Instance): ConnectionTarget {
  const { name, password } = instance.replication;
  return { host: instance.socketDirectory, port: instance.port, user: name, password, tls: "disable" };
}

/** Opens a session whose commits wait for no standby and whose statements aren't logged. @throws {PostgresError} */
export async function openSession(target: ConnectionTarget, options: SessionOptions): Promise<Session> {
  const tls = target.host.startsWith("/") ? "disable" : target.tls ?? "prefer";
  if (tls !== "prefer") return await connect(target, options, tls);
  try {
    return await connect(target, options, "require");
  } catch (error) {
    if (!(error instanceof PostgresError) || !isTlsRefusal(error)) throw error;
    return await connect(target, options, "disable");
  }
}

/** Opens, runs, closes. @throws {PostgresError} */
export async function withSession<T>(
  target: ConnectionTarget,
  options: SessionOptions,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  await using session = await openSession(target, options);
  return await use(session);
}

type Tls = "disable" | "require";

async function connect(target: ConnectionTarget, options: SessionOptions, tls: Tls): Promise<Session> {
  const where = `${target.host}:${target.port} as ${target.user}`;
  const client = new pg.Client(clientConfig(target, options, tls));
  // Without a listener an error between two queries (PostgreSQL goes away) would end the whole process; the next query reports it.
  client.on("error", () => {});
  using limit = timeLimit(options.timeoutMs, options.signal);
  try {
    await orDestroyed(client, client.connect(), limit.signal);
  } catch (cause) {
    destroy(client);
    throw postgresError(`the connection to ${where}`, cause);
  }
  return new Session(client, where, options);
}

/** Settings travel in the startup packet: they hold before the first statement. */
function clientConfig(target: ConnectionTarget, options: SessionOptions, tls: Tls): pg.ClientConfig {
  const settings = "-c synchronous_commit=local -c log_statement=none -c log_min_duration_statement=-1 " +
    "-c log_min_error_statement=panic -c DateStyle=ISO -c bytea_output=hex";
  return {
    host: target.host,
    port: target.port,
    user: target.user,
    // An empty function result instead of null: null would make the library look for a password file.
    password: () => target.password ?? "",
    database: target.database ?? "postgres",
    application_name: "stolon_keeper",
    // As libpq's `prefer` and `require`: encrypted, whoever is at the other end.
    ssl: tls === "require" ? { rejectUnauthorized: false } : false,
    types: { getTypeParser: () => (value: unknown) => value },
    ...(options.replication ? { replication: "true" } : { options: settings }),
  } as pg.ClientConfig;
}

function isTlsRefusal(error: PostgresError): boolean {
  return error.sqlState === undefined && /does not support SSL/.test(String(error.cause));
}

async function orDestroyed<T>(client: pg.Client, run: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => {
    destroy(client);
    aborted.reject(signal.reason);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  run.catch(() => {});
  try {
    return await Promise.race([run, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** The library has no public way to give a connection up without waiting for the server. */
function destroy(client: pg.Client): void {
  const inner =
    (client as unknown as { readonly connection: { readonly stream: { destroy(): void } } }).connection;
  inner.stream.destroy();
}

function postgresError(what: string, cause: unknown): PostgresError {
  const state = cause instanceof Error && "code" in cause && /^[0-9A-Z]{5}$/.test(String(cause.code))
    ? String(cause.code)
    : undefined;
  const detail = cause instanceof Error && cause.message !== "" ? cause.message : String(cause);
  return new PostgresError(`${what} failed: ${detail}`, state, { cause });
}
