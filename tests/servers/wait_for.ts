/** How long a test waits for a state on a busy machine before it fails. */
export const PATIENCE_MS = 45_000;
const LOOK_MS = 50;

/**
 * Waits until `look` returns something other than undefined or false, and returns it.
 * @throws {Error} after the deadline, with the last error that `look` threw
 */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = PATIENCE_MS,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  while (performance.now() < deadline) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`, { cause: last });
}
