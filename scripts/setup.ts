/**
 * `deno task setup`: what the programs, the demo and the tests need. Says nothing to do when nothing is missing, and in
 * one message what is missing when it may not install it.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { attempt, say, SetupError } from "./apt.ts";
import { ensureConsul } from "./consul.ts";
import { ensureEtcd, ensureHaproxy, ensurePostgres } from "./servers.ts";

export { SetupError } from "./apt.ts";
export { ensureEtcd, ensureHaproxy, ensurePostgres, type Etcd, type Postgres } from "./servers.ts";

/**
 * Installs the libraries that the lockfile names into `node_modules`.
 * @throws {SetupError} when they cannot be fetched or written
 */
export async function ensureDependencies(): Promise<void> {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const { ok, tail } = await attempt(Deno.execPath(), ["install", "-q", "--frozen"], root);
  if (ok) return;
  throw new SetupError(
    `the dependencies could not be installed into ${root}/node_modules: run this as the owner of that directory, with ` +
      `access to the npm registry\n${tail}`,
  );
}

/** Each with what it says when it is there. */
const PARTS: Readonly<Record<string, () => Promise<string>>> = {
  dependencies: () => ensureDependencies().then(() => "installed"),
  postgresql: () => ensurePostgres().then(({ binDir, version }) => `version ${version} in ${binDir}`),
  etcd: () => ensureEtcd().then(({ etcd }) => etcd),
  haproxy: () => ensureHaproxy(),
  consul: () => ensureConsul(),
};

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.find((name) => PARTS[name] === undefined);
  if (unknown !== undefined) {
    say(`unknown part "${unknown}": one of ${Object.keys(PARTS).join(", ")}, or none for all that is needed`);
    return 1;
  }
  const problems: string[] = [];
  for (const name of names.length > 0 ? names : ["dependencies", "postgresql", "etcd"]) {
    try {
      say(`${name}: ${await PARTS[name]?.()}`);
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length > 0) say(problems.join("\n"));
  return problems.length > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
