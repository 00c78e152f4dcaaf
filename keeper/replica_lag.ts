// This module is pure.
/** How far a replica may be behind, as load balancers ask for it: `/replica?lag=BYTES`. */

/** What is known of the positions; undefined: unknown. */
export interface Positions {
  /** Of the master, as the cluster view tells it: up to a publishing period old. */
  readonly master: bigint | undefined;
  /** Of this instance. */
  readonly own: bigint | undefined;
}

/** Undefined when the replica is near enough, else why it isn't or cannot be told. `allowed` null: any lag will do. */
export function lagProblem(allowed: string | null, { master, own }: Positions): string | undefined {
  if (allowed === null) return undefined;
  if (!/^\d{1,18}$/.test(allowed)) return `lag=${allowed} is not a number of bytes`;
  if (master === undefined || own === undefined) return "how far this replica is behind is not known";
  const lagBytes = master > own ? master - own : 0n;
  return lagBytes <= BigInt(allowed)
    ? undefined
    : `${lagBytes} bytes behind the primary, more than ${allowed}`;
}
