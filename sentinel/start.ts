/** From flags to a running sentinel. */
import { decodeSpec } from "../cluster/spec_codec.ts";
import { parseJson } from "../cluster/json.ts";
import type { ClusterSpec } from "../cluster/spec.ts";
import { validateSpec } from "../cluster/spec_validation.ts";
import { systemClock } from "../common/clock.ts";
import type { ParsedFlags, ProgramDefinition } from "../common/command_line.ts";
import { COMMON_FLAGS } from "../common/common_flags.ts";
import { FatalError } from "../common/errors.ts";
import { serveHttp } from "../common/http.ts";
import type { Logger } from "../common/log.ts";
import { createRegistry } from "../common/metrics.ts";
import { ClusterStore } from "../store/cluster_store.ts";
import { storeOptionsFromFlags } from "../store/flags.ts";
import { openStore } from "../store/open.ts";
import { Sentinel } from "./sentinel.ts";
import { SentinelMetrics } from "./sentinel_metrics.ts";

/** The command line of `stolon-sentinel`. */
export const SENTINEL_PROGRAM: ProgramDefinition = {
  name: "stolon-sentinel",
  envPrefix: "STSENTINEL_",
  summary:
    "watches keepers and proxies, decides who is primary, and writes the cluster view; run at least two",
  flags: [
    ...COMMON_FLAGS,
    {
      name: "initial-cluster-spec",
      kind: "string",
      placeholder: "file",
      description:
        "cluster specification (JSON) that begins a cluster when the store holds none and no keeper " +
        "belongs to one; a store that has lost its cluster is left alone",
    },
  ],
  examples: [
    "stolon-sentinel --cluster-name demo --store-backend sqlite --store-endpoints file:///var/lib/stolon/store.db",
    "stolon-sentinel --cluster-name prod --store-backend etcdv3 --store-endpoints http://10.0.0.1:2379,http://10.0.0.2:2379",
  ],
};

/** Of the process. */
export interface StartContext {
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/**
 * Runs a sentinel until the signal.
 * @throws {FatalError} {UsageError} when it cannot begin
 */
export async function startSentinel(flags: ParsedFlags, { signal, log }: StartContext): Promise<void> {
  const storeOptions = storeOptionsFromFlags(flags);
  const initialSpec = await readInitialSpec(flags.string("initial-cluster-spec"));
  const registry = createRegistry({ component: "sentinel", clusterName: storeOptions.clusterName });
  const store = new ClusterStore(await openStore(storeOptions));
  try {
    const uid = newUid();
    const metrics = new SentinelMetrics(registry);
    const sentinel = new Sentinel({ uid, store, initialSpec, clock: systemClock, newUid, metrics, log });
    const address = flags.string("metrics-listen-address");
    const http = address === undefined ? undefined : serveHttp({
      address,
      registry,
      live: () => ({ ok: true, reason: "alive" }),
      ready: () => sentinel.readiness(),
    });
    log.info("sentinel started", { uid, store: store.description });
    try {
      await sentinel.run(signal);
    } finally {
      await http?.close();
    }
  } finally {
    await store.close();
  }
}

/** 8 hexadecimal digits. */
function newUid(): string {
  return crypto.randomUUID().slice(0, 8);
}

/** Fields that nobody knows are ignored, as everywhere in a role: the file may be older or newer than this program. */
async function readInitialSpec(path: string | undefined): Promise<ClusterSpec | undefined> {
  if (path === undefined) return undefined;
  try {
    const spec = decodeSpec(parseJson(await Deno.readTextFile(path)));
    validateSpec(spec);
    return spec;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw new FatalError(`cannot use the file of --initial-cluster-spec, ${path}`, { cause });
  }
}
