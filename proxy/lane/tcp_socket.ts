/**
 * One end of a spliced connection: a `Deno.TcpConn` that can also be reset. Deno's own `close()` ends a connection
 * gracefully: the kernel goes on delivering what it has taken over, megabytes when the peer reads slowly, and a former
 * primary would go on obeying. A reset throws that away. Deno has no public way to one, so a second descriptor of the
 * same socket is opened through Node's `tcp_wrap` binding, for that alone, and never read or written. That is impossible
 * while a write waits for room, and costs too much to do for every connection: whoever is about to wait for room calls
 * `prepareReset` before, all others get theirs when they are reset. In a process that has no descriptor left, those kept in
 * reserve make that possible, and who would have to wait for room is reset at once. `docs/proxy-performance.md` has the measurements,
 * `tcp_socket_test.ts` fails should a version of Deno take the way away.
 */
import process from "node:process";
import { resourceId, socketOperations } from "./socket_io.ts";

/** What is used of Node's TCP handle. */
interface TcpHandle {
  openFromRid(rid: number): number;
  bind(address: string, port: number): number;
  setKeepAlive(enable: boolean, idleSeconds: number): number;
  /** Makes the socket's end a reset, and closes this descriptor; `close` has to follow all the same. */
  reset(): number;
  close(): void;
}

interface TcpBinding {
  readonly TCP: new (type: number) => TcpHandle;
  readonly constants: { readonly SOCKET: number };
}

const binding = findBinding();

/** False: this version of Deno has no way to a reset, and drops are graceful closes. */
export function canReset(): boolean {
  return binding !== undefined;
}

export interface TcpSocketOptions {
  /** Idle seconds before the first keepalive probe; 0: the system's default. */
  readonly keepaliveIdleSeconds: number;
  /** Told each time what became of a connection for which there was no second descriptor. */
  readonly onShortage?: (outcome: "reset at once" | "closed gracefully") => void;
}

/** A connected socket, owned: exactly one of `end` and `reset` takes effect, both may be called again. */
export class TcpSocket {
  readonly #conn: Deno.TcpConn;
  readonly #options: TcpSocketOptions;
  readonly #id: number | undefined;
  #handle: TcpHandle | undefined;
  #closed = false;

  constructor(conn: Deno.TcpConn, options: TcpSocketOptions) {
    this.#conn = conn;
    this.#id = resourceId(conn);
    this.#options = options;
    holdSpare();
    conn.setNoDelay();
    conn.setKeepAlive();
    if (options.keepaliveIdleSeconds > 0) setKeepaliveIdle(this.#id, options.keepaliveIdleSeconds);
  }

  /** Waits for bytes and returns how many came into the buffer; 0 is the peer's end. */
  read(buffer: Uint8Array): Promise<number> {
    if (socketOperations !== undefined && this.#id !== undefined) {
      return socketOperations.read(this.#id, buffer);
    }
    return readByMethod(this.#conn, buffer);
  }

  /** Returns how many of the bytes the system took over; it may be fewer than all. */
  write(bytes: Uint8Array): Promise<number> {
    if (socketOperations !== undefined && this.#id !== undefined) {
      return socketOperations.write(this.#id, bytes);
    }
    return this.#conn.write(bytes);
  }

  /** Tells the peer that nothing more will come. */
  async closeWrite(): Promise<void> {
    await this.#conn.closeWrite();
  }

  /**
   * To be called before a write that has to wait for room: with one pending, it is too late. Where it can't be prepared,
   * the connection is reset at once: none may wait that could not be dropped.
   */
  prepareReset(): void {
    if (this.#closed || binding === undefined) return;
    this.#handle ??= openHandle(this.#id);
    if (this.#handle !== undefined) return;
    this.reset();
    this.#options.onShortage?.("reset at once");
  }

  /** Ends it gracefully: what the kernel has taken over is still delivered. */
  end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handle?.close();
    this.#handle = undefined;
    this.#conn.close();
  }

  /** Ends it at once: nothing more is read or written, and what the peer has not received yet is thrown away. */
  reset(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handle ??= openHandle(this.#id) ?? openWithSpare(this.#id);
    this.#handle?.reset();
    // The handle's own end; without it the runtime keeps the object for ever.
    this.#handle?.close();
    const couldReset = this.#handle !== undefined;
    this.#handle = undefined;
    this.#conn.close();
    holdSpare();
    if (!couldReset && binding !== undefined) this.#options.onShortage?.("closed gracefully");
  }
}

async function readByMethod(conn: Deno.TcpConn, buffer: Uint8Array): Promise<number> {
  return await conn.read(buffer) ?? 0;
}

function setKeepaliveIdle(rid: number | undefined, seconds: number): void {
  const handle = openHandle(rid) ?? openWithSpare(rid);
  handle?.setKeepAlive(true, seconds);
  handle?.close();
  holdSpare();
}

function openHandle(rid: number | undefined): TcpHandle | undefined {
  if (binding === undefined || rid === undefined) return undefined;
  const handle = new binding.TCP(binding.constants.SOCKET);
  if (handle.openFromRid(rid) === 0) return handle;
  handle.close();
  return undefined;
}

/** Other threads of the process may take a descriptor in the moment in which it is free: there are more than one. */
const SPARES = 3;
const spares: TcpHandle[] = [];

/** Takes some into reserve, as far as they are left. */
function holdSpare(): void {
  while (spares.length < SPARES && binding !== undefined) {
    const handle = new binding.TCP(binding.constants.SOCKET);
    // A socket that is bound has a descriptor; it does not listen.
    if (handle.bind("127.0.0.1", 0) !== 0) return handle.close();
    spares.push(handle);
  }
}

/** With one of the reserve's. The handle has to be closed before anything else runs, and the reserve filled again. */
function openWithSpare(rid: number | undefined): TcpHandle | undefined {
  for (let spare = spares.pop(); spare !== undefined; spare = spares.pop()) {
    spare.close();
    const handle = openHandle(rid);
    if (handle !== undefined) return handle;
  }
  return undefined;
}

function findBinding(): TcpBinding | undefined {
  const load = Reflect.get(process, "binding");
  if (typeof load !== "function") return undefined;
  const found = load.call(process, "tcp_wrap") as Partial<TcpBinding> | undefined;
  const prototype = found?.TCP?.prototype as Partial<TcpHandle> | undefined;
  const isComplete = prototype !== undefined && "openFromRid" in prototype && "reset" in prototype &&
    "bind" in prototype && "setKeepAlive" in prototype && typeof found?.constants?.SOCKET === "number";
  return isComplete ? found as TcpBinding : undefined;
}
