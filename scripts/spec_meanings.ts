import type { ClusterSpec } from "../cluster/spec.ts";

/** Each option of the cluster specification in words, for the documentation. */
export const SPEC_MEANINGS: Readonly<Record<keyof ClusterSpec, string>> = {
  initMode:
    "How the cluster comes to be: `new` (an empty database), `existing` (around one keeper's data), `pitr` (from a backup). Required; can't be changed.",
  role:
    "`master`, or `standby` for a cluster that follows a primary elsewhere. Changed from `standby` to `master` it promotes the cluster; never back.",
  sleepInterval:
    "Keepers publish their state and everybody looks at least this often. Events don't wait for it.",
  failInterval:
    "How long a keeper or its PostgreSQL must be bad before it counts as failed; at least two `sleepInterval`s and a bit, whatever is given.",
  requestTimeout: "Limit of one request to PostgreSQL.",
  convergenceTimeout: "How long an instance may take to do what it is told before it counts as failed.",
  initTimeout: "The same for the first initialisation.",
  syncTimeout: "The same for a full copy; `0s` is without limit.",
  dbWaitReadyTimeout: "How long a started PostgreSQL may take until it accepts connections.",
  deadKeeperRemovalInterval: "A dead keeper without a database is forgotten after this.",
  proxyCheckInterval:
    "Proxies look at least this often; changes reach them at once. Must be less than `proxyTimeout`.",
  proxyTimeout: "A proxy that couldn't read the store for this long cuts all its clients.",
  maxStandbys: "Sizes `max_replication_slots` and `max_wal_senders`.",
  maxStandbysPerSender: "How many standbys the primary shall have; further keepers are spare.",
  maxStandbyLag: "Without synchronous replication: bytes that a standby may be behind and still be elected.",
  synchronousReplication:
    "Commits wait for standbys; see [synchronous-replication.md](synchronous-replication.md).",
  minSynchronousStandbys: "With fewer standbys in sync, commits wait.",
  maxSynchronousStandbys: "How many standbys must confirm each commit, when there are enough.",
  additionalWalSenders:
    "WAL senders in addition to those that the cluster itself needs: backups, logical replication.",
  additionalMasterReplicationSlots:
    "Names of slots that the primary keeps for you, created as `stolon_NAME`.",
  usePgrewind: "A former primary that has diverged is rewound rather than copied, where that is possible.",
  mergePgParameters:
    "When the cluster is initialised, take over the parameters of the instance into `pgParameters`.",
  newConfig: "With `new`: `{ locale, encoding, dataChecksums }` for `initdb`.",
  pitrConfig:
    "With `pitr`: `{ dataRestoreCommand, archiveRecoverySettings: { restoreCommand }, recoveryTargetSettings: { recoveryTarget, recoveryTargetLsn, recoveryTargetName, recoveryTargetTime, recoveryTargetXid, recoveryTargetTimeline } }`; see [pitr.md](pitr.md). In the command `%d` is the data directory and `%%` a percent sign.",
  existingConfig:
    "With `existing`: `{ keeperUID }`, whose data are kept; see [store-loss.md](store-loss.md).",
  standbyConfig:
    "With role `standby`: `{ standbySettings: { primaryConninfo, primarySlotName, recoveryMinApplyDelay }, archiveRecoverySettings: { restoreCommand } }`; see [standby-clusters.md](standby-clusters.md).",
  defaultSUReplAccessMode:
    "`all`: the superuser and the replication user may connect from anywhere; `strict`: only from the addresses of the cluster's members, and only to the primary.",
  pgParameters:
    "PostgreSQL's parameters, a map of strings. What the keepers manage themselves (addresses, ports, replication, recovery) has no effect here.",
  pgHBA:
    "Lines of `pg_hba.conf` after those for the superuser and the replication user. Not given: `host all all 0.0.0.0/0 md5` and `host all all ::0/0 md5`. An empty list: none.",
  automaticPgRestart: "Restart PostgreSQL when a changed parameter needs it.",
};
