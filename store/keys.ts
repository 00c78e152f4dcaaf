/** Where a cluster's keys are: a clean path, so that `a//b/` and `a/b` are one place. */

/** Joins path parts, drops empty and `.` segments, resolves `..`; a leading slash of the first part stays. */
export function joinKey(...parts: readonly string[]): string {
  const joined = parts.filter((part) => part !== "").join("/");
  const segments: string[] = [];
  for (const segment of joined.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") segments.pop();
    else segments.push(segment);
  }
  return (joined.startsWith("/") ? "/" : "") + segments.join("/");
}

/** The first text that comes after every text that begins with `prefix`, in the order of UTF-8 bytes. */
export function prefixEnd(prefix: Uint8Array): Uint8Array {
  for (let index = prefix.length - 1; index >= 0; index--) {
    const byte = prefix[index] ?? 0xff;
    if (byte < 0xff) {
      const end = Uint8Array.from(prefix.subarray(0, index + 1));
      end[index] = byte + 1;
      return end;
    }
  }
  return new Uint8Array([0]);
}
