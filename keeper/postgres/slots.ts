/** Replication slots. Those whose name begins with `stolon_` are the keeper's; others are never touched. */
import type { Session } from "./connection.ts";

export interface Slot {
  readonly name: string;
  readonly physical: boolean;
  readonly temporary: boolean;
  readonly active: boolean;
  /** False: it protects no WAL. */
  readonly reserved: boolean;
  /** True: WAL that it should have protected is gone, it can only be made anew. */
  readonly lost: boolean;
}

/** All slots, by name. @throws {PostgresError} */
export async function listSlots(session: Session): Promise<readonly Slot[]> {
  const rows = await session.query(
    "select slot_name, slot_type, temporary, active, restart_lsn is not null as reserved, " +
      "coalesce(wal_status, '') = 'lost' as lost from pg_replication_slots order by slot_name",
  );
  return rows.map((row) => ({
    name: row["slot_name"] ?? "",
    physical: row["slot_type"] === "physical",
    temporary: row["temporary"] === "t",
    active: row["active"] === "t",
    reserved: row["reserved"] === "t",
    lost: row["lost"] === "t",
  }));
}

/** Creates a physical slot that protects WAL from this moment on. @throws {PostgresError} `42710` when it exists. */
export async function createSlot(session: Session, name: string): Promise<void> {
  await session.query("select pg_create_physical_replication_slot($1, true)", [name]);
}

/** Drops a slot. @throws {PostgresError} `55006` when it is active, `42704` when there is none. */
export async function dropSlot(session: Session, name: string): Promise<void> {
  await session.query("select pg_drop_replication_slot($1)", [name]);
}
