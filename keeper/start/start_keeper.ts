/** From flags to a running keeper. Whatever can be refused is refused before anything on disk is changed. */
import type { ParsedFlags } from "../../common/command_line.ts";
import { FatalError } from "../../common/errors.ts";
import { serveHttp } from "../../common/http.ts";
import type { Logger } from "../../common/log.ts";
import { createRegistry } from "../../common/metrics.ts";
import { ClusterStore } from "../../store/cluster_store.ts";
import { storeOptionsFromFlags } from "../../store/flags.ts";
import { openStore } from "../../store/open.ts";
import { DataDirLock, DataDirLockError } from "../data_dir_lock.ts";
import { healthRoutes } from "../health_routes.ts";
import { Keeper } from "../keeper.ts";
import { KeeperMetrics } from "../keeper_metrics.ts";
import { findBinaries, type PostgresBinaries } from "../postgres/binaries.ts";
import { removeLeftoverSecretFiles } from "../postgres/password_file.ts";
import { becomeUser, prepareDataDir } from "../root/drop_root.ts";
import { currentUserName, lookUpUser, type OsUser } from "../root/os_user.ts";
import type { KeeperSettings } from "../settings.ts";
import { StateFiles } from "../state/state_files.ts";
import { type StepHook, Workplace } from "../workplace.ts";
import { checkPortFree } from "./port_check.ts";
import { requireKeeperPermissions } from "./required_permissions.ts";
import { settingsFromFlags } from "./settings_from_flags.ts";

export interface StartContext {
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** For tests that end the process between two steps. */
  readonly onStep?: StepHook;
}

/** Runs a keeper until the signal. @throws {FatalError} {UsageError} when it cannot begin */
export async function startKeeper(flags: ParsedFlags, context: StartContext): Promise<void> {
  const { log, signal } = context;
  const becomes = Deno.uid() === 0 ? await lookUpUser(flags.requiredString("pg-os-user")) : undefined;
  const osUserName = becomes?.name ?? await currentUserName();
  const { settings, uid, lockDataDir } = settingsFromFlags(flags, { osUserName, log });
  const storeOptions = storeOptionsFromFlags(flags);
  const binaries = await requireBinaries(settings);
  requireKeeperPermissions(settings);
  checkUid(settings, uid);
  await checkPortFree(settings);
  prepareDataDir(settings.dataDir, becomes);
  const store = new ClusterStore(await openStore(storeOptions));
  const metricsAddress = flags.string("metrics-listen-address");
  await firstContact(store, { becomes, signal });
  if (becomes !== undefined) becomeUser(becomes);
  using _lock = lockDataDir ? takeLock(settings, log) : undefined;
  const files = new StateFiles(settings.dataDir);
  const keeperUid = settleUid(files, { given: uid, log });
  await removeLeftoverSecretFiles(settings.dataDir);
  const place: Workplace = new Workplace({
    settings,
    instance: {
      binaries,
      dataDirectory: settings.pgDataDir,
      workDirectory: settings.dataDir,
      socketDirectory: settings.socketDirectory,
      port: settings.port,
      superuser: settings.superuser,
      replication: settings.replication,
    },
    files,
    log,
    onEvent: (reason) => keeper.poke(reason),
    onNews: (reason) => keeper.reporter.poke(reason),
    ...(context.onStep === undefined ? {} : { onStep: context.onStep }),
  });
  const registry = createRegistry({ component: "keeper", clusterName: settings.clusterName });
  const metrics = new KeeperMetrics(registry);
  const keeper: Keeper = new Keeper({ place, store, keeperUid, bootUuid: crypto.randomUUID(), metrics, log });
  const http = metricsAddress === undefined
    ? undefined
    : serveHttp({ address: metricsAddress, registry, ...healthRoutes(keeper) });
  log.info("keeper started", { uid: keeperUid, dataDir: settings.dataDir, store: store.description });
  await keeper.run(signal);
  await http?.close();
}

async function requireBinaries(settings: KeeperSettings): Promise<PostgresBinaries> {
  const binaries = await findBinaries(settings.binPath).catch((cause) => {
    throw new FatalError("PostgreSQL's programs cannot be used", { cause });
  });
  const { Maj } = binaries.version;
  if (Maj < 13) throw new FatalError(`PostgreSQL ${Maj} is not supported: use a version from 13 to 18`);
  return binaries;
}

/** The directory may hold another keeper's state: then nothing there may be touched. */
function checkUid(settings: KeeperSettings, given: string | undefined): void {
  if (given === undefined) return;
  const saved = readKeeperUid(new StateFiles(settings.dataDir));
  if (saved === undefined || saved === given) return;
  throw new FatalError(
    `the data directory ${settings.dataDir} belongs to keeper "${saved}", but --uid is "${given}": ` +
      `use that uid, or another directory`,
  );
}

function readKeeperUid(files: StateFiles): string | undefined {
  try {
    return files.readKeeperState()?.UID;
  } catch (cause) {
    throw new FatalError(`cannot read the keeper's own state in ${files.directory}`, { cause });
  }
}

function settleUid(
  files: StateFiles,
  { given, log }: { readonly given: string | undefined; readonly log: Logger },
): string {
  const saved = readKeeperUid(files);
  if (saved !== undefined) return saved;
  const uid = given ?? crypto.randomUUID().slice(0, 8);
  files.writeKeeperState({ UID: uid, ClusterUID: "" });
  if (given === undefined) log.info("uid generated", { uid });
  return uid;
}

/** After root is given up, a backend could neither load its own files nor open a file that root made. */
async function firstContact(
  store: ClusterStore,
  { becomes, signal }: { readonly becomes: OsUser | undefined; readonly signal: AbortSignal },
): Promise<void> {
  if (becomes === undefined) return;
  try {
    await store.readClusterData({ signal });
  } catch {
    // Whatever is wrong with the store is said by the first pass, which tries again and again.
  }
}

function takeLock(settings: KeeperSettings, log: Logger): DataDirLock {
  try {
    const lock = DataDirLock.take(settings.dataDir);
    log.info("exclusive lock on data dir taken");
    return lock;
  } catch (cause) {
    if (!(cause instanceof DataDirLockError)) throw cause;
    throw new FatalError("cannot take exclusive lock on data dir", { cause });
  }
}
