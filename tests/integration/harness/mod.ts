/**
 * The harness: clusters of real processes (roles under the real launcher and permission sets, PostgreSQL, etcd) for the
 * integration tests, the demo and the failover bench. In comes what the cluster should be made of; out come handles to
 * kill, freeze and restart each part, to read the store and to write through the proxy. Always holds: everything lives
 * in a directory of its own on ports of its own, and nothing is left behind, also when the owner is killed by SIGKILL
 * (`stage.sh` sees to that). Begin with `cluster.ts`; a test begins with `clusterTest` and waits with `waitUntil`.
 */
export { Cluster } from "./cluster.ts";
export { clusterTest, ClusterTestError, withLogTails } from "./cluster_test_case.ts";
export { type StoreFlags, type StoreKind, SUPERUSER } from "./cluster_flags.ts";
export { dbsInService, findMaster, isInService, isSettled, type Master } from "./cluster_state.ts";
export { HeldConnection } from "./client.ts";
export { type CommandResult, runCommand } from "./command.ts";
export { EtcdProcess } from "./etcd.ts";
export { KeeperProcess } from "./keeper_process.ts";
export { type LogEntry, parseLogLine } from "./log_entry.ts";
export { LogReader, logTails } from "./logs.ts";
export { isAlive, output, type Owner, postgresOwner, REPOSITORY } from "./machine.ts";
export { PortPool, type ReservedPort, reservePort } from "./ports.ts";
export { type ClusterOptions, openView, type ProxyProcess } from "./prepare.ts";
export { QUICK_SPEC } from "./quick_spec.ts";
export { launcherCommand, type RoleName, RoleProcess } from "./role_process.ts";
export { type ConnectionTarget, query, type Row } from "./sql.ts";
export { Stage, type StageProcess } from "./stage.ts";
export { TemporaryDirectory } from "./temporary_directory.ts";
export { DEADLINE_MS, WaitTimeoutError, waitUntil } from "./wait.ts";
export { type Acknowledgement, type Outage, Writer } from "./writer.ts";
