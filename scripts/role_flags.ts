/**
 * Reads single flags out of a role's command line without knowing all of them. Only the role itself judges its command
 * line; what is misread here is merely not granted.
 */
import type { Role } from "./role_permissions.ts";

export interface FlagLookup {
  /** The value that holds: the last one given, else the environment's, else undefined. Empty counts as not given. */
  value(name: string): string | undefined;
  /** Whether the word stands there, as a subcommand does. */
  hasWord(word: string): boolean;
  /** Every value given for the flag, the environment's last. A name of one letter is a short flag. */
  values(name: string): string[];
}

/** Prefixes of the environment variables. */
export const ENV_PREFIX: Readonly<Record<Role, string>> = {
  keeper: "STKEEPER_",
  sentinel: "STSENTINEL_",
  proxy: "STPROXY_",
  ctl: "STOLONCTL_",
};

interface Source {
  readonly args: readonly string[];
  readonly env: (name: string) => string | undefined;
}

/** Looks flags up in arguments first, then in the role's environment variables. */
export function flagLookup(role: Role, source: Source): FlagLookup {
  const fromEnv = (name: string) => {
    const value = source.env(ENV_PREFIX[role] + name.toUpperCase().replaceAll("-", "_"));
    return value ? [value] : [];
  };
  const values = (name: string) => [...givenValues(name, source.args), ...fromEnv(name)];
  return {
    values,
    hasWord: (word) => source.args.includes(word),
    value: (name) => givenValues(name, source.args).at(-1) || fromEnv(name)[0],
  };
}

function givenValues(name: string, args: readonly string[]): string[] {
  const flag = name.length === 1 ? `-${name}` : `--${name}`;
  return args.flatMap((arg, index) => {
    if (arg === flag) return args.slice(index + 1, index + 2);
    return arg.startsWith(`${flag}=`) ? [arg.slice(flag.length + 1)] : [];
  });
}
