import type { CommandDefinition, ParsedFlags } from "../common/command_line.ts";
import type { ClusterStore } from "../store/cluster_store.ts";
import type { Console } from "./console.ts";

/** What a subcommand works with. */
export interface CommandContext {
  readonly flags: ParsedFlags;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly console: Console;
  /** Opens the store that the flags name; the first call does, the others return the same. */
  readonly openStore: () => Promise<ClusterStore>;
}

/** One subcommand: how it is called, and what it does. What it refuses it throws. */
export interface Subcommand {
  readonly definition: CommandDefinition;
  readonly run: (context: CommandContext) => Promise<void>;
}
