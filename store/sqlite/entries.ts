import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Entry } from "../store.ts";

/** A row is live while its deadline lies ahead, but not further than its writer can have set it: then the machine was
 * started anew since, and the lease is void. */
const LIVE = "(deadline IS NULL OR (deadline > :up AND deadline <= :up + ttl + 1))";
const BELOW = "key >= :prefix AND substr(key, 1, length(:prefix)) = :prefix";

/** What can be asked and done in one transaction. Keys are full ones; revisions grow with every write of the file. */
export class Entries {
  readonly #db: DatabaseSync;
  readonly #get: StatementSync;
  readonly #list: StatementSync;
  readonly #fingerprint: StatementSync;
  readonly #next: StatementSync;
  readonly #put: StatementSync;
  readonly #renew: StatementSync;
  readonly #delete: StatementSync;
  readonly #purge: StatementSync;
  readonly #version: StatementSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#get = db.prepare(`SELECT key, value, revision FROM entries WHERE key = :key AND ${LIVE}`);
    this.#list = db.prepare(
      `SELECT key, value, revision FROM entries WHERE ${BELOW} AND ${LIVE} ORDER BY key`,
    );
    this.#fingerprint = db.prepare(
      `SELECT count(*) || ':' || coalesce(max(revision), 0) AS f FROM entries WHERE ${BELOW} AND ${LIVE}`,
    );
    this.#next = db.prepare("UPDATE counter SET revision = revision + 1 RETURNING revision");
    this.#put = db.prepare(
      "INSERT OR REPLACE INTO entries VALUES (:key, :value, :revision, :deadline, :ttl)",
    );
    this.#renew = db.prepare("UPDATE entries SET deadline = :deadline, ttl = :ttl WHERE key = :key");
    this.#delete = db.prepare("DELETE FROM entries WHERE key = :key");
    this.#purge = db.prepare(`DELETE FROM entries WHERE NOT ${LIVE}`);
    this.#version = db.prepare("PRAGMA data_version");
    // Prepared, because Deno's errors of `exec` lack the code that tells "busy" from "broken".
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#rollback = db.prepare("ROLLBACK");
  }

  get(key: string): Entry | undefined {
    const row = this.#get.get({ key, up: uptimeS() });
    return row === undefined ? undefined : toEntry(row);
  }

  list(prefix: string): Entry[] {
    return this.#list.all({ prefix, up: uptimeS() }).map(toEntry);
  }

  /** Changes whenever a live entry below the prefix comes, changes or goes. */
  fingerprint(prefix: string): string {
    return String(this.#fingerprint.get({ prefix, up: uptimeS() })?.f);
  }

  /** Changes when another connection has committed. */
  dataVersion(): number {
    return Number(this.#version.get()?.data_version);
  }

  /** Runs all of `body` or nothing. Nothing may be awaited inside: a waiting writer locks everybody out. */
  transaction<T>(body: () => T): T {
    this.#begin.run();
    try {
      this.#purge.run({ up: uptimeS() });
      const result = body();
      this.#commit.run();
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#rollback.run();
      throw error;
    }
  }

  /** Only inside of a transaction. */
  put(key: string, value: string, ttlMs: number | undefined): string {
    const revision = String(this.#next.get()?.revision);
    this.#put.run({ key, value, revision: Number(revision), ...expiry(ttlMs) });
    return revision;
  }

  /** Only inside of a transaction. The revision stays. */
  renew(key: string, ttlMs: number): void {
    this.#renew.run({ key, ...expiry(ttlMs) });
  }

  /** Only inside of a transaction. */
  delete(key: string): void {
    this.#delete.run({ key });
  }
}

/** Whole seconds, rounded so that a key never goes before its time. */
function expiry(ttlMs: number | undefined): { deadline: number | null; ttl: number | null } {
  if (ttlMs === undefined) return { deadline: null, ttl: null };
  const ttl = Math.ceil(ttlMs / 1000);
  return { deadline: uptimeS() + ttl + 1, ttl };
}

/** The one clock that all processes of a machine share and that nobody sets. Whole seconds. */
function uptimeS(): number {
  return Math.floor(Deno.osUptime());
}

function toEntry(row: Record<string, unknown>): Entry {
  return { key: String(row.key), value: String(row.value), revision: String(row.revision) };
}
