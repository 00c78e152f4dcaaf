/** A directory given with `--keep`: only one that is new, empty, or an earlier demo's is used, and by one demo at a time. */
import { join } from "node:path";

const MARKER = ".stolon-demo";
const EXCLUSIVE = true;

/** The directory cannot be used; the message is one line for the user. */
export class KeptDirectoryError extends Error {
  override readonly name = "KeptDirectoryError";
}

/**
 * Makes the directory if need be, marks it and holds it until disposed.
 * @throws {KeptDirectoryError} when it holds something else, is in use, or cannot be written
 */
export async function holdDirectory(directory: string): Promise<Disposable> {
  try {
    await Deno.mkdir(directory, { recursive: true });
    const names = (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name);
    if (names.length > 0 && !names.includes(MARKER)) {
      throw new KeptDirectoryError(
        `--keep: ${directory} holds something that no demo made: choose another directory`,
      );
    }
    const marker = await Deno.open(join(directory, MARKER), { create: true, write: true });
    if (!await marker.tryLock(EXCLUSIVE)) {
      marker.close();
      throw new KeptDirectoryError(`--keep: another demo runs in ${directory}`);
    }
    return marker;
  } catch (cause) {
    if (cause instanceof KeptDirectoryError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KeptDirectoryError(`--keep: ${directory} cannot be used: ${reason}`, { cause });
  }
}
