/** Asking a primary which standbys it calls `sync`, and what they have flushed. */
import { parseLsn } from "../../cluster/lsn.ts";
import type { Session } from "./connection.ts";
import { continueStretches, type SyncStandby, type SyncStretches } from "./in_sync.ts";

/** The stretches as they are now at a primary. The order of the two questions matters: see `continueStretches`. */
export async function readStretches(
  session: Pick<Session, "query">,
  before: SyncStretches,
): Promise<SyncStretches> {
  const rows = await session.query(
    "select application_name, pid, coalesce(flush_lsn, '0/0') as flushed from pg_stat_replication " +
      "where sync_state = 'sync' order by application_name",
  );
  if (rows.length === 0) return new Map();
  const end = (await session.query("select pg_current_wal_flush_lsn() as flushed"))[0] ?? {};
  const seen = rows.map((row): SyncStandby => ({
    name: row["application_name"] ?? "",
    pid: row["pid"] ?? "",
    flushed: parseLsn(row["flushed"] ?? "0/0"),
  }));
  return continueStretches(before, { seen, position: parseLsn(end["flushed"] ?? "") });
}
