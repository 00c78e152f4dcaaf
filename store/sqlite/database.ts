import { DatabaseSync } from "node:sqlite";
import {
  StoreDeniedError,
  StoreError,
  StoreMalformedError,
  type StoreOperation,
  StoreUnreachableError,
} from "../errors.ts";

/** "StDn" as an integer: says in the file's header whose it is. */
const APPLICATION_ID = 0x5374446e;
const SCHEMA_VERSION = 1;
/** The API blocks the event loop for this long at most; longer waits are retried asynchronously. */
const BUSY_TIMEOUT_MS = 20;

/**
 * One row per key. `deadline` and `ttl` are seconds of the machine's uptime, null without expiry; `revision` comes from
 * one counter for the whole file.
 */
const SCHEMA = `
  CREATE TABLE entries (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    revision INTEGER NOT NULL,
    deadline INTEGER,
    ttl INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE counter (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL) STRICT;
  INSERT INTO counter VALUES (1, 0);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** Codes of SQLite (https://sqlite.org/rescode.html), without the extended part. */
const CODE = {
  perm: 3,
  busy: 5,
  locked: 6,
  readonly: 8,
  corrupt: 11,
  cantopen: 14,
  auth: 23,
  notadb: 26,
} as const;

/** The file, opened and found to be ours. */
export interface OpenDatabase {
  readonly db: DatabaseSync;
  /** Tells the file from another that was put in its place. */
  readonly inode: string;
}

/**
 * Opens the file and makes it a store when it is new. Never writes to a file that is not ours.
 * @throws {StoreError} of the kind that fits; a busy file is a plain error, see {@link isBusy}
 */
export function openDatabase(path: string, operation: StoreOperation): OpenDatabase {
  let db: DatabaseSync | undefined;
  try {
    createPrivately(path);
    db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    const opened = { db, inode: inodeOf(path) };
    if (isNew(db, operation)) initialise(db);
    run(db, "PRAGMA journal_mode = WAL");
    run(db, "PRAGMA synchronous = FULL");
    return opened;
  } catch (error) {
    db?.close();
    throw storeError(error, operation);
  }
}

/** Identity of the file behind the path; empty when there is none. */
export function inodeOf(path: string): string {
  try {
    const { dev, ino } = Deno.statSync(path);
    return `${dev}:${ino}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** Somebody else is writing right now: try again. */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error);
  return code === CODE.busy || code === CODE.locked;
}

/** Puts an error of the file or of SQLite into the store's words. Busy ones stay as they are. */
export function storeError(error: unknown, operation: StoreOperation): unknown {
  if (error instanceof StoreError || isBusy(error)) return error;
  const code = primaryCode(error);
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return new StoreDeniedError(operation, text, { cause: error });
  }
  if (error instanceof Deno.errors.NotFound) {
    return new StoreUnreachableError(operation, `the directory of the file does not exist: ${text}`, {
      cause: error,
    });
  }
  if (code === undefined) return error;
  const what = `SQLite says: ${text}`;
  if (code === CODE.notadb || code === CODE.corrupt) {
    return new StoreMalformedError(operation, what, { cause: error });
  }
  if (code === CODE.readonly || code === CODE.perm || code === CODE.auth) {
    return new StoreDeniedError(operation, what, { cause: error });
  }
  if (code === CODE.cantopen) {
    return new StoreUnreachableError(operation, `${what} (check path and rights)`, { cause: error });
  }
  return new StoreUnreachableError(operation, what, { cause: error });
}

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") {
    return undefined;
  }
  return error.errcode & 0xff;
}

/**
 * The document may hold connection strings with passwords: nobody else reads it. An existing file is not touched:
 * closing another descriptor of it would drop the locks that this process holds through SQLite.
 */
function createPrivately(path: string): void {
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

function isNew(db: DatabaseSync, operation: StoreOperation): boolean {
  const id = pragma(db, "application_id");
  const version = pragma(db, "user_version");
  if (id === APPLICATION_ID && version === SCHEMA_VERSION) return false;
  if (id === APPLICATION_ID) {
    const what = `the file has schema version ${version}, this program reads ${SCHEMA_VERSION}`;
    throw new StoreMalformedError(operation, what);
  }
  const tables = db.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.n;
  if (id === 0 && version === 0 && tables === 0) return true;
  throw new StoreMalformedError(
    operation,
    "the file is a SQLite database of another program; name another path",
  );
}

function initialise(db: DatabaseSync): void {
  run(db, "BEGIN IMMEDIATE");
  try {
    // Another process may have been first.
    if (pragma(db, "application_id") !== APPLICATION_ID) db.exec(SCHEMA);
    run(db, "COMMIT");
  } catch (error) {
    run(db, "ROLLBACK");
    throw error;
  }
}

/** Runs one statement. (`exec` would do, but Deno's errors of it lack the code that tells "busy" from "broken".) */
export function run(db: DatabaseSync, statement: string): void {
  db.prepare(statement).all();
}

function pragma(db: DatabaseSync, name: "application_id" | "user_version"): number {
  const row = db.prepare(`PRAGMA ${name}`).get();
  return Number(row?.[name]);
}
