import type { ClusterStore } from "../store/cluster_store.ts";
import type { CommandContext, Subcommand } from "./command.ts";
import { type StatusFacts, statusReport } from "./status_report.ts";
import { statusText } from "./status_text.ts";

/** Prints who is there and how they are. */
export const status: Subcommand = {
  definition: {
    name: "status",
    summary: "show sentinels, proxies, keepers and the cluster",
    flags: [{
      name: "format",
      short: "f",
      kind: "string",
      default: "text",
      choices: ["text", "json"],
      description: "for people or for programs",
    }],
    examples: ["stolonctl status", "stolonctl status -f json"],
  },
  run: runStatus,
};

async function runStatus({ flags, signal, console, openStore }: CommandContext): Promise<void> {
  const facts = await readFacts(await openStore(), signal);
  const report = statusReport(facts);
  console.print(
    flags.string("format") === "json"
      ? JSON.stringify(report, undefined, "\t")
      : statusText(report, { data: facts.data, width: console.width() }),
  );
}

async function readFacts(store: ClusterStore, signal: AbortSignal): Promise<StatusFacts> {
  const [{ data }, sentinels, proxies, leader] = await Promise.all([
    store.readClusterData({ signal }),
    store.listSentinelInfos({ signal }),
    store.listProxyInfos({ signal }),
    store.leader({ signal }),
  ]);
  return { data, sentinels: sentinels.infos, proxies: proxies.infos, leader };
}
