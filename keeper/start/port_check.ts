/** A port that another program has is told at the start, not at the first failed start of PostgreSQL. */
import { FatalError } from "../../common/errors.ts";
import { findForeignPostmaster } from "../postgres/foreign_postmaster.ts";
import type { KeeperSettings } from "../settings.ts";

/** @throws {FatalError} when the port is taken, and not by this directory's own PostgreSQL left running */
export async function checkPortFree(settings: KeeperSettings): Promise<void> {
  const left = await findForeignPostmaster(settings.pgDataDir);
  if (left.state === "running") return;
  const hostname = settings.listenAddress.split(",")[0]?.trim() ?? "";
  try {
    Deno.listen({ hostname: hostname === "*" || hostname === "" ? "0.0.0.0" : hostname, port: settings.port })
      .close();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AddrInUse)) return;
    throw new FatalError(
      `port ${settings.port} on ${settings.listenAddress} is taken by another program: choose another --pg-port`,
      { cause },
    );
  }
}
