import type { FlagDefinition, ProgramDefinition } from "../common/command_line.ts";
import { COMMON_FLAGS } from "../common/common_flags.ts";
import { clusterdataRead } from "./clusterdata_read.ts";
import { clusterdataWrite } from "./clusterdata_write.ts";
import type { Subcommand } from "./command.ts";
import { completion } from "./completion.ts";
import { failkeeper } from "./failkeeper.ts";
import { history } from "./history.ts";
import { init } from "./init.ts";
import { promote } from "./promote.ts";
import { register } from "./register.ts";
import { removekeeper } from "./removekeeper.ts";
import { spec } from "./spec.ts";
import { status } from "./status.ts";
import { update } from "./update.ts";
import { version } from "./version.ts";

/** Every subcommand, in the order of the help page. */
export const SUBCOMMANDS: readonly Subcommand[] = [
  init,
  update,
  spec,
  status,
  clusterdataRead,
  clusterdataWrite,
  failkeeper,
  removekeeper,
  promote,
  history,
  register,
  completion(() => PROGRAM),
  version,
];

const KUBE_FLAGS: readonly FlagDefinition[] = ["kubeconfig", "kube-context", "kube-namespace"].map((
  name,
) => ({
  name,
  kind: "string",
  hidden: true,
  description: "of the kubernetes backend",
}));

/** The command line of `stolonctl`. */
export const PROGRAM: ProgramDefinition = {
  name: "stolonctl",
  envPrefix: "STOLONCTL_",
  summary: "Asks and tells a PostgreSQL cluster what it is and what it shall be.",
  flags: [...COMMON_FLAGS, ...KUBE_FLAGS],
  groups: { clusterdata: "read or write the cluster data as they are stored" },
  commands: SUBCOMMANDS.map(({ definition }) => definition),
  examples: [
    "export STOLONCTL_CLUSTER_NAME=main STOLONCTL_STORE_BACKEND=etcdv3",
    "stolonctl init",
    "stolonctl status",
    `stolonctl update --patch '{"synchronousReplication":true}'`,
  ],
};
