/**
 * The exclusive lock on a keeper's data directory, held for the life of the process and released by its death, however
 * it dies. It is a POSIX record lock on the file `lock`, taken through SQLite because that is the one way to take one
 * here that a keeper written in another language, which locks the same file, sees and respects. Nothing else in the
 * process may open that file: closing any descriptor of it would drop the lock.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** The lock could not be taken: another keeper runs on this directory, or the file cannot be written. */
export class DataDirLockError extends Error {
  override readonly name = "DataDirLockError";
}

/** Holds the lock until released. */
export class DataDirLock implements Disposable {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** @throws {DataDirLockError} at once when it is taken */
  static take(dataDir: string): DataDirLock {
    const path = join(dataDir, "lock");
    let database: DatabaseSync | undefined;
    try {
      Deno.openSync(path, { write: true, create: true, mode: 0o600 }).close();
      database = new DatabaseSync(path, { timeout: 0 });
      database.exec("PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE");
      return new DataDirLock(database);
    } catch (cause) {
      database?.close();
      const what = cause instanceof Error ? cause.message : String(cause);
      throw new DataDirLockError(`locking ${path}: ${what}`, { cause });
    }
  }

  /** Gives the directory free. */
  [Symbol.dispose](): void {
    this.#database.close();
  }
}
