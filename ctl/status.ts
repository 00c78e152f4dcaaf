import type { ClusterStore } from "../store/cluster_store.ts";
import type { CommandContext, Subcommand } from "./command.ts";
import { type StatusFacts, statusReport } from "./status_report.ts";
import { statusText } from "./status_text.ts";
import { watchStatus } from "./status_watch.ts";

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
    }, {
      name: "watch",
      short: "w",
      kind: "boolean",
      description: "show it again at every change, until Ctrl-C; with -f json one line each",
    }],
    examples: ["stolonctl status", "stolonctl status --watch", "stolonctl status -f json"],
  },
  run: runStatus,
};

async function runStatus({ flags, signal, console, openStore }: CommandContext): Promise<void> {
  const store = await openStore();
  const isJson = flags.string("format") === "json";
  const isWatch = flags.boolean("watch");
  const render = async () => {
    const { facts, unreadable } = await readFacts(store, signal);
    const report = statusReport(facts);
    if (isJson) return JSON.stringify(report, undefined, isWatch ? undefined : "\t");
    const text = statusText(report, { data: facts.data, width: console.width() });
    return [text, ...unreadable].join("\n");
  };
  if (isWatch) await watchStatus({ store, console, signal, render });
  else console.print(await render());
}

async function readFacts(
  store: ClusterStore,
  signal: AbortSignal,
): Promise<{ facts: StatusFacts; unreadable: readonly string[] }> {
  const [{ data }, sentinels, proxies, leader] = await Promise.all([
    store.readClusterData({ signal }),
    store.listSentinelInfos({ signal }),
    store.listProxyInfos({ signal }),
    store.leader({ signal }),
  ]);
  return {
    facts: { data, sentinels: sentinels.infos, proxies: proxies.infos, leader },
    unreadable: [...sentinels.malformed, ...proxies.malformed].map(({ error }) =>
      `\nWARNING: ${error.message}`
    ),
  };
}
