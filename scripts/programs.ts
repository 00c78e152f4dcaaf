/** The four programs, and what they are called where they are installed. */
import type { Role } from "./role_permissions.ts";

/** Names of the executables. */
export const PROGRAM_NAMES: Readonly<Record<Role, string>> = {
  keeper: "stolon-keeper",
  sentinel: "stolon-sentinel",
  proxy: "stolon-proxy",
  ctl: "stolonctl",
};
