/** From flags to settings, with everything that can be wrong told apart. */
import { isAbsolute, resolve } from "node:path";
import type { ParsedFlags } from "../../common/command_line.ts";
import { FatalError, UsageError } from "../../common/errors.ts";
import type { Logger } from "../../common/log.ts";
import { SOCKET_DIRECTORY } from "../postgres/instance.ts";
import type { KeeperSettings } from "../settings.ts";
import { readCredentials } from "./credentials.ts";

export interface StartSettings {
  readonly settings: KeeperSettings;
  /** `--uid`, when given. */
  readonly uid: string | undefined;
  readonly lockDataDir: boolean;
}

/**
 * Reads the keeper's own flags. `osUserName` is the user that PostgreSQL will run as.
 * @throws {FatalError}, {UsageError}
 */
export function settingsFromFlags(
  flags: ParsedFlags,
  context: { readonly osUserName: string; readonly log: Logger },
): StartSettings {
  const dataDir = absolutePath(flags.requiredString("data-dir"));
  const port = portOf(flags, "pg-port");
  const listenAddress = flags.requiredString("pg-listen-address");
  const advertiseAddress = flags.string("pg-advertise-address") ?? listenAddress;
  const binPath = flags.string("pg-bin-path");
  warnOfAddress(advertiseAddress, context.log);
  return {
    uid: uidOf(flags, context.log),
    lockDataDir: !flags.boolean("disable-data-dir-locking"),
    settings: {
      clusterName: flags.requiredString("cluster-name"),
      dataDir,
      pgDataDir: `${dataDir}/postgres`,
      listenAddress,
      port,
      advertiseAddress,
      advertisePort: flags.given("pg-advertise-port") ? portOf(flags, "pg-advertise-port") : port,
      binPath: binPath === undefined ? undefined : absolutePath(binPath),
      ...readCredentials(flags, context),
      osUserName: context.osUserName,
      canBeMaster: flags.boolean("can-be-master"),
      canBeSynchronousReplica: flags.boolean("can-be-synchronous-replica"),
      socketDirectory: SOCKET_DIRECTORY,
    },
  };
}

function absolutePath(path: string): string {
  const absolute = isAbsolute(path) ? path : resolve(path);
  return absolute.replace(/(?<=.)\/+$/, "");
}

function portOf(flags: ParsedFlags, name: string): number {
  const port = flags.integer(name);
  if (port < 1 || port > 65535) throw new UsageError(`--${name} must be from 1 to 65535, not ${port}`);
  return port;
}

function uidOf(flags: ParsedFlags, log: Logger): string | undefined {
  const deprecated = flags.string("id");
  if (deprecated !== undefined) log.warn("--id is deprecated, use --uid instead");
  const uid = flags.string("uid") ?? deprecated;
  if (uid !== undefined && !/^[a-z0-9_]+$/.test(uid)) {
    throw new FatalError(
      `keeper uid "${uid}" is not valid: it may hold only lower-case letters, digits and _`,
    );
  }
  return uid;
}

/** What others connect to should mean the same on every machine. */
function warnOfAddress(address: string, log: Logger): void {
  const isIp = /^\d+\.\d+\.\d+\.\d+$/.test(address) || address.includes(":");
  if (!isIp) {
    log.warn("the advertised address is a host name: every machine must resolve it alike", { address });
  } else if (address.startsWith("127.") || address === "::1") {
    log.warn("the advertised address is a loopback address: only programs on this machine reach it", {
      address,
    });
  }
}
