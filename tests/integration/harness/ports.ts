/**
 * Ports that stay ours. Asking the kernel for a free port and using it later loses races against tests that run in
 * parallel, and against outgoing connections. So a port is taken from below the range of outgoing connections and
 * reserved, for as long as its owner lives, by a UDP socket of the same number: the kernel hands it out once and takes
 * it back at any death, and TCP on that port stays free for the server.
 */
import dgram from "node:dgram";

const FIRST_PORT = 10_000;
const LAST_PORT = 32_000;
const ATTEMPTS = 200;

/** A reserved TCP port on this machine; free again when disposed. */
export interface ReservedPort extends AsyncDisposable {
  readonly port: number;
}

/**
 * Reserves a port that nobody listens on.
 * @throws {Error} when none was found in 200 attempts
 */
export async function reservePort(): Promise<ReservedPort> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    const socket = await bindUdp(port);
    if (socket === undefined) continue;
    if (isFree(port)) return { port, [Symbol.asyncDispose]: () => closeUdp(socket) };
    await closeUdp(socket);
  }
  throw new Error(`no free port between ${FIRST_PORT} and ${LAST_PORT} found in ${ATTEMPTS} attempts`);
}

/** Ports that are given back together. */
export class PortPool {
  readonly #reserved: ReservedPort[] = [];

  /** Reserves one more. */
  async take(): Promise<number> {
    const reserved = await reservePort();
    this.#reserved.push(reserved);
    return reserved.port;
  }

  async release(): Promise<void> {
    for (const reserved of this.#reserved.splice(0)) await reserved[Symbol.asyncDispose]();
  }
}

function bindUdp(port: number): Promise<dgram.Socket | undefined> {
  const socket = dgram.createSocket("udp4");
  return new Promise((resolve) => {
    socket.once("error", () => {
      socket.close();
      resolve(undefined);
    });
    socket.bind({ port, address: "127.0.0.1", exclusive: true }, () => resolve(socket));
  });
}

function closeUdp(socket: dgram.Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}

function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "0.0.0.0", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}
