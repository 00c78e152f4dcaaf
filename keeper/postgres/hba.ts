// This module is pure.
/** The lines of `pg_hba.conf`. Source: PostgreSQL documentation, "The pg_hba.conf File" (21.1). */

/** How one of the two internal users proves who it is. */
export type AuthMethod = "trust" | "md5" | "scram-sha-256";

export interface HbaUser {
  readonly name: string;
  readonly method: AuthMethod;
}

export interface HbaInput {
  readonly superuser: HbaUser;
  readonly replication: HbaUser;
  /**
   * `all`: both users from everywhere. A list: strict mode, the addresses (host names or IPs, of all other dbs) that
   * may come; an empty list, as on a standby in strict mode, lets neither user in from outside.
   */
  readonly access: "all" | readonly string[];
  /** The user's lines; null: the default client lines; "closed": none, since clients must stay out for now. */
  readonly clients: readonly string[] | null | "closed";
}

const DEFAULT_CLIENT_LINES: readonly string[] = ["host all all 0.0.0.0/0 md5", "host all all ::0/0 md5"];

/** The lines in order, without duplicates of ours. */
export function generateHbaLines(input: HbaInput): readonly string[] {
  const { superuser, replication } = input;
  const lines = [
    `local postgres ${quoteUser(superuser.name)} ${superuser.method}`,
    `local replication ${quoteUser(replication.name)} ${replication.method}`,
    ...accessLines(input),
  ];
  const clients = input.clients === "closed" ? [] : input.clients ?? DEFAULT_CLIENT_LINES;
  return [...new Set(lines), ...clients];
}

/** The text of the file. */
export function formatHba(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

function accessLines({ superuser, replication, access }: HbaInput): readonly string[] {
  const addresses = access === "all" ? ["0.0.0.0/0", "::0/0"] : [...new Set(access)].sort().map(hostAddress);
  return addresses.flatMap((address) => [
    `host all ${quoteUser(superuser.name)} ${address} ${superuser.method}`,
    `host replication ${quoteUser(replication.name)} ${address} ${replication.method}`,
  ]);
}

/** An IP address needs its mask length; a host name stands alone. */
function hostAddress(address: string): string {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(address)) return `${address}/32`;
  return address.includes(":") ? `${address}/128` : address;
}

/** `all`, `replication` and the like are names only when quoted; so is whatever holds blanks, commas or a leading sign. */
function quoteUser(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name) && name !== "all" ? name : `"${name.replaceAll('"', '""')}"`;
}
