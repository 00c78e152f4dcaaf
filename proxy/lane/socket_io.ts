/**
 * The runtime's own operations under `Deno.TcpConn`'s methods. The wrappers around them cost more than what they wrap: a
 * fifth of the time that a proxy takes for a transaction (`docs/proxy-performance.md`). They are no public interface; where
 * a version of Deno has hidden them, the methods are used.
 */

/** Both work as the methods of `Deno.Conn` do, but 0 stands for the end of what can be read. */
export interface SocketOperations {
  readonly read: (resourceId: number, buffer: Uint8Array) => Promise<number>;
  readonly write: (resourceId: number, bytes: Uint8Array) => Promise<number>;
}

/** Undefined where this version of Deno hides them. */
export const socketOperations: SocketOperations | undefined = findOperations();

let idKey: symbol | undefined;

/** The runtime's number of an open connection, which it gives to no other one. */
export function resourceId(conn: Deno.TcpConn): number | undefined {
  idKey ??= Object.getOwnPropertySymbols(conn).find((symbol) => symbol.description === "Deno.internal.rid");
  const id = idKey === undefined ? undefined : Reflect.get(conn, idKey);
  return typeof id === "number" ? id : undefined;
}

function findOperations(): SocketOperations | undefined {
  const key = Reflect.get(Deno, "internal");
  const internals = typeof key === "symbol" ? Reflect.get(Deno, key) : undefined;
  const core = internals?.core as Partial<SocketOperations> | undefined;
  if (typeof core?.read !== "function" || typeof core.write !== "function") return undefined;
  return { read: core.read, write: core.write };
}
