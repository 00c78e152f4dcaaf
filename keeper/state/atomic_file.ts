/** Replacing a file so that a crash at any instant leaves the old text or the new one, never a part. */
import { dirname } from "node:path";

export interface AtomicWriteOptions {
  /** Permission bits; 0600 when absent. */
  readonly mode?: number;
}

/**
 * Writes `text` beside `path` under a fresh name (which a planted link cannot catch), syncs it, renames it over `path`
 * and syncs the directory.
 * @throws {Deno.errors} of the call that failed; `path` is then as it was
 */
export function writeFileAtomically(path: string, text: string, options: AtomicWriteOptions = {}): void {
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    writeSynced(temporary, text, options.mode ?? 0o600);
    Deno.renameSync(temporary, path);
  } catch (error) {
    removeIfPresent(temporary);
    throw error;
  }
  syncDirectory(dirname(path));
}

/** Makes a rename or removal in `directory` survive a power failure. */
export function syncDirectory(directory: string): void {
  const handle = Deno.openSync(directory);
  try {
    handle.syncSync();
  } finally {
    handle.close();
  }
}

/** The text of a file, or undefined when there is none. */
export function readTextIfPresent(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function writeSynced(path: string, text: string, mode: number): void {
  const file = Deno.openSync(path, { write: true, createNew: true, mode });
  try {
    const bytes = new TextEncoder().encode(text);
    for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
    file.syncSync();
  } finally {
    file.close();
  }
}

function removeIfPresent(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
