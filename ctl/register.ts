import { describeError, UsageError } from "../common/errors.ts";
import type { ParsedFlags } from "../common/command_line.ts";
import { getLogger } from "../common/log.ts";
import { PassLoop } from "../common/pass_loop.ts";
import type { ClusterStore } from "../store/cluster_store.ts";
import type { CommandContext, Subcommand } from "./command.ts";
import { ConsulCatalogue } from "./consul_catalogue.ts";
import { REGISTER_FLAGS, registerTls } from "./register_flags.ts";
import { registerPlan, type RegisterRules, wantedServices } from "./register_plan.ts";

/** Keeps a service catalogue in step with the cluster, until a signal. */
export const register: Subcommand = {
  definition: {
    name: "register",
    summary: "keep Consul's service catalogue in step with the cluster, until Ctrl-C",
    flags: REGISTER_FLAGS,
    examples: [
      "stolonctl register --register-backend consul",
      "stolonctl register --register-backend consul --register-master --tag-master-as primary --tag-slave-as replica",
    ],
  },
  run: runRegister,
};

const log = getLogger("register");

async function runRegister({ flags, signal, openStore }: CommandContext): Promise<void> {
  const intervalMs = flags.integer("sleep-interval") * 1000;
  if (intervalMs <= 0) throw new UsageError("--sleep-interval must be at least 1 second");
  const rules: RegisterRules = {
    withMaster: flags.boolean("register-master"),
    masterTag: flags.requiredString("tag-master-as"),
    standbyTag: flags.requiredString("tag-slave-as"),
  };
  const catalogue = openCatalogue(flags);
  const store = await openStore();
  const loop = new PassLoop({
    pass: () => pass({ store, catalogue, rules, signal }),
    intervalMs: () => intervalMs,
    signal,
    onError: (error) => log.error("the catalogue was not updated", { error: describeError(error) }),
  });
  const follow = async () => {
    for await (const _ of store.watchClusterData({ signal })) loop.poke("cluster data");
  };
  await Promise.all([loop.run(), follow()]);
}

function openCatalogue(flags: ParsedFlags): ConsulCatalogue {
  const endpoints = flags.requiredString("register-endpoints").split(",").map((endpoint) => endpoint.trim())
    .filter((endpoint) => endpoint !== "")
    .map((endpoint) => /^https?:\/\//.test(endpoint) ? endpoint : `http://${endpoint}`);
  const wrong = endpoints.find((endpoint) => !URL.canParse(endpoint));
  if (wrong !== undefined) throw new UsageError(`--register-endpoints: "${wrong}" is no address`);
  return new ConsulCatalogue({
    endpoints,
    tls: registerTls(flags),
    token: Deno.env.get("CONSUL_HTTP_TOKEN"),
    serviceName: flags.requiredString("cluster-name"),
  });
}

/** A store that can't be read, or holds no cluster, is no reason to take services away. */
async function pass({ store, catalogue, rules, signal }: {
  readonly store: ClusterStore;
  readonly catalogue: ConsulCatalogue;
  readonly rules: RegisterRules;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { data } = await store.readClusterData({ signal });
  if (data === null || data.cluster === null) {
    log.warn("there is no cluster data: the catalogue stays as it is");
    return;
  }
  const plan = registerPlan(wantedServices(data, rules), await catalogue.list(signal));
  for (const id of plan.remove) {
    await catalogue.remove(id, signal);
    log.info("service removed", { id });
  }
  for (const service of plan.add) {
    await catalogue.add(service, signal);
    log.info("service registered", { ...service });
  }
}
