/**
 * Commits that wait for a synchronous standby. After a change of `synchronous_standby_names` they are released when a
 * standby that now counts answers; one that has nothing new to confirm answers only every
 * `wal_receiver_status_interval` (10 s). A little WAL makes it answer at once.
 */
import { sleep } from "../../common/clock.ts";
import { type SessionOptions, superuserTarget, withSession } from "./connection.ts";
import type { Instance } from "./instance.ts";

/** Walsenders read the new names each in its own time, so one record may come too early. */
const ATTEMPTS = 5;
const PAUSE_MS = 100;

/** Lets a primary write a little WAL as long as commits wait, a few times. Does nothing on a standby. */
export async function releaseWaitingCommits(instance: Instance, options: SessionOptions): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    await sleep(PAUSE_MS, options.signal);
    if (options.signal?.aborted) return;
    const written = await withSession(superuserTarget(instance), options, (session) =>
      session.value(
        `select case when not pg_is_in_recovery()
           and exists (select from pg_stat_activity where wait_event = 'SyncRep')
         then pg_logical_emit_message(true, 'stolon', 'release') is not null end`,
      ));
    if (written === null) return;
  }
}
