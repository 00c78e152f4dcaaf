/** `stolon-proxy`: reads flags, opens the store and the HTTP endpoint, and forwards until a signal. */
import { systemClock } from "../common/clock.ts";
import { serveHttp } from "../common/http.ts";
import { getLogger } from "../common/log.ts";
import { createRegistry } from "../common/metrics.ts";
import { type ProgramContext, runProgram } from "../common/program.ts";
import { ClusterStore } from "../store/cluster_store.ts";
import { storeOptionsFromFlags } from "../store/flags.ts";
import { openStore } from "../store/open.ts";
import { Proxy } from "./proxy.ts";
import { PROXY_PROGRAM, proxySettings } from "./proxy_flags.ts";
import { canReset } from "./lane/tcp_socket.ts";

const COMPONENT = "proxy";

async function main({ flags, signal }: ProgramContext): Promise<void> {
  const settings = proxySettings(flags);
  const storeOptions = storeOptionsFromFlags(flags);
  const log = getLogger(COMPONENT);
  const uid = crypto.randomUUID().replaceAll("-", "").slice(0, 8);
  const registry = createRegistry({ component: COMPONENT, clusterName: storeOptions.clusterName });
  if (settings.withoutEffect.length > 0) {
    log.warn("flags without effect: the system's default holds", { flags: settings.withoutEffect });
  }
  if (!canReset()) log.warn("this version of Deno cannot reset connections: drops are graceful closes");
  const store = new ClusterStore(await openStore(storeOptions));
  const proxy = new Proxy({ ...settings, uid, store, registry, log, clock: systemClock });
  const address = flags.string("metrics-listen-address");
  const http = address === undefined ? undefined : serveHttp({
    ...{ address, registry, log },
    live: () => ({ ok: true, reason: "alive" }),
    ready: () => proxy.ready(),
  });
  log.info("proxy started", { uid, store: store.description });
  await proxy.run(signal);
  await http?.close();
  log.info("proxy stopped");
}

if (import.meta.main) await runProgram(PROXY_PROGRAM, main, { component: COMPONENT });
