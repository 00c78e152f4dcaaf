/** Moving bytes one way between two sockets, with the right to do so checked right before every write. */
import type { ByteCount } from "./byte_count.ts";
import type { Pace } from "./pace.ts";
import type { TcpSocket } from "./tcp_socket.ts";

/** Idle connections cost this much per direction, busy ones {@link LARGE_BUFFER_BYTES}. */
export const SMALL_BUFFER_BYTES = 1024;
export const LARGE_BUFFER_BYTES = 64 * 1024;
/** So many reads in a row that the small buffer would have held make the large one go. */
const READS_BEFORE_SHRINKING = 16;

/**
 * A write that does not fit into the kernel's buffer waits inside the runtime, where no check of ours can reach it: a
 * process that is frozen then and wakes up late would complete it. But a buffer fills up in mid-write (measured: always),
 * and the runtime then reports how much went; so the wait for room is made with nothing to write, and the rest is
 * checked again.
 */
const NOTHING = new Uint8Array(0);

/** The right to move bytes ended; the connection is being dropped. */
export class ForwardingEndedError extends Error {
  override readonly name = "ForwardingEndedError";
}

export interface PumpOptions {
  /** Asked right before every write. */
  readonly mayForward: () => boolean;
  readonly count: ByteCount;
  readonly pace: Pace;
}

/**
 * Moves bytes until `from` ends, then ends `to`'s writing side. Holds one buffer: it reads on only when everything has
 * been written, so that a slow reader slows the writer down.
 * @throws {ForwardingEndedError} when the right to forward ended
 * @throws the error of the socket that failed
 */
export async function pump(from: TcpSocket, to: TcpSocket, options: PumpOptions): Promise<void> {
  const { mayForward, count, pace } = options;
  let buffer = new Uint8Array(SMALL_BUFFER_BYTES);
  // Messages of one conversation often have one length: the view of the last one is used again.
  let message = buffer;
  let smallReads = 0;
  // A read that did not fill the buffer has left nothing: the runtime knows, and lets the next one wait for the system's word.
  let hasEmptied = false;
  for (;;) {
    const { turns } = pace;
    const readBytes = await from.read(buffer);
    if (readBytes === 0) break;
    if (hasEmptied) pace.turnedSince(turns);
    hasEmptied = readBytes < buffer.length;
    if (readBytes !== message.length) message = buffer.subarray(0, readBytes);
    const turn = pace.turn();
    if (turn !== undefined) await turn;
    if (!mayForward()) throw new ForwardingEndedError();
    let written = await to.write(message);
    while (written < readBytes) {
      to.prepareReset();
      await to.write(NOTHING);
      await pace.turn();
      if (!mayForward()) throw new ForwardingEndedError();
      written += await to.write(message.subarray(written));
    }
    count.add(readBytes);
    smallReads = readBytes < SMALL_BUFFER_BYTES ? smallReads + 1 : 0;
    const fits = fittingBytes(buffer.length, { readBytes, smallReads });
    if (fits !== buffer.length) message = buffer = new Uint8Array(fits);
  }
  await to.closeWrite();
}

function fittingBytes(
  presentBytes: number,
  seen: { readonly readBytes: number; readonly smallReads: number },
): number {
  if (seen.readBytes === presentBytes) return LARGE_BUFFER_BYTES;
  return seen.smallReads >= READS_BEFORE_SHRINKING ? SMALL_BUFFER_BYTES : presentBytes;
}
