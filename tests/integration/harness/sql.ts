/** Single statements against PostgreSQL, each on a connection of its own. */
// @ts-types="@types/pg"
import pg from "pg";

/** Where to connect, and as whom. */
export interface ConnectionTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** A row as plain data. */
export type Row = Readonly<Record<string, unknown>>;

/** Runs one statement; fails when no connection comes within 5 s. */
export async function query(
  target: ConnectionTarget,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ ...target, connectionTimeoutMillis: 5_000 });
  // A connection cut between two events reports here; the pending query fails with the same error.
  client.on("error", () => {});
  try {
    await client.connect();
    return (await client.query(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}
