// This module is pure.
/** The parameters of an instance in recovery: a standby of ours, of an external primary, or a point-in-time recovery. */
import type { PostgresBinaryVersion } from "../../cluster/clusterdata.ts";
import type { ArchiveRecoverySettings, RecoveryTargetSettings, StandbySettings } from "../../cluster/spec.ts";
import type { Parameters } from "./configuration.ts";
import type { Conninfo } from "./conninfo.ts";
import { formatConninfo } from "./conninfo.ts";
import type { AuthMethod } from "./hba.ts";
import { standbyName } from "./synchronous_names.ts";

/** Who may do what on a server, and how that is proved. */
export interface Credentials {
  readonly name: string;
  readonly method: AuthMethod;
  /** Undefined exactly when the method is `trust`. */
  readonly password: string | undefined;
}

export interface FollowedAddress {
  readonly host: string;
  readonly port: string;
}

/** Which of our standbys, and as whom it connects. */
export interface InternalStandby {
  readonly replication: Credentials;
  readonly dbUid: string;
  /** See {@link slotSyncDatabase}. */
  readonly database?: string | undefined;
}

/** Connection of one of our standbys to the db it follows. */
export function internalConninfo(
  address: FollowedAddress,
  { replication, dbUid, database }: InternalStandby,
): Conninfo {
  return {
    application_name: standbyName(dbUid),
    host: address.host,
    port: address.port,
    sslmode: "prefer",
    user: replication.name,
    ...(database === undefined ? {} : { dbname: database }),
    ...(replication.password === undefined ? {} : { password: replication.password }),
  };
}

/**
 * Since 17 a standby can keep logical slots in step with its primary's, when the user wants it (`sync_replication_slots`);
 * it then needs a database to connect to. Undefined: it doesn't.
 */
export function slotSyncDatabase(
  version: PostgresBinaryVersion,
  userParameters: Parameters,
): string | undefined {
  const wanted = /^(on|tr?u?e?|y(es?)?|1)$/i.test(userParameters["sync_replication_slots"] ?? "");
  return version.Maj >= 17 && wanted ? "postgres" : undefined;
}

/**
 * Of a standby that follows a db of its own cluster. It follows the latest timeline, which is PostgreSQL's default: said in the
 * file it would ask for a restart after a promotion, when it is taken out.
 */
export function internalStandbyParameters(address: FollowedAddress, standby: InternalStandby): Parameters {
  return {
    primary_conninfo: formatConninfo(internalConninfo(address, standby)),
    primary_slot_name: standbyName(standby.dbUid),
  };
}

/** Of the master of a standby cluster. The user's strings are taken unchanged. */
export function externalStandbyParameters(
  standby: StandbySettings | null,
  archive: ArchiveRecoverySettings | null,
): Parameters {
  return {
    ...given("primary_conninfo", standby?.primaryConninfo),
    ...given("primary_slot_name", standby?.primarySlotName),
    ...given("recovery_min_apply_delay", standby?.recoveryMinApplyDelay),
    ...given("restore_command", archive?.restoreCommand),
  };
}

/** Of a point-in-time recovery that ends in a primary. */
export function targetedRecoveryParameters(
  archive: ArchiveRecoverySettings | null,
  target: RecoveryTargetSettings | null,
): Parameters {
  const targets = {
    ...given("recovery_target", target?.recoveryTarget),
    ...given("recovery_target_lsn", target?.recoveryTargetLsn),
    ...given("recovery_target_name", target?.recoveryTargetName),
    ...given("recovery_target_time", target?.recoveryTargetTime),
    ...given("recovery_target_xid", target?.recoveryTargetXid),
  };
  const timeline = target?.recoveryTargetTimeline;
  return {
    ...given("restore_command", archive?.restoreCommand),
    ...targets,
    recovery_target_timeline: timeline === undefined || timeline === null || timeline === ""
      ? "latest"
      : timeline,
    ...(Object.keys(targets).length === 0 ? {} : { recovery_target_action: "promote" }),
  };
}

function given(name: string, value: string | null | undefined): Parameters {
  return value === undefined || value === null || value === "" ? {} : { [name]: value };
}
