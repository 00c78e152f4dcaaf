/**
 * Consul for the tests: found on PATH, else unpacked into the user's cache. Debian has had no package of it since
 * release 12, so the one of release 11 is fetched with package lists of its own: the machine's sources stay as they are.
 */
import { attempt, say, SetupError } from "./apt.ts";
import { cacheDirectory, findProgram, pathDirectories } from "./servers.ts";

const RELEASE = "bullseye";
const MIRROR = "http://deb.debian.org/debian";
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * Path of Consul's program.
 * @throws {SetupError} when it is missing and cannot be fetched
 */
export async function ensureConsul(): Promise<string> {
  const cache = cacheDirectory("consul");
  const directories = [...pathDirectories(), `${cache}/usr/bin`];
  const found = await findProgram("consul", directories);
  if (found !== undefined) return found;
  await Deno.mkdir(cache, { recursive: true });
  const work = await Deno.makeTempDir({ dir: cache, prefix: ".fetch-" });
  try {
    await fetchConsul(work, cache);
    // Only when it is complete does it get its name: others may be looking for it right now.
    await Deno.mkdir(`${cache}/usr/bin`, { recursive: true });
    await Deno.rename(`${work}/unpacked/usr/bin/consul`, `${cache}/usr/bin/consul`);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
  const fetched = await findProgram("consul", directories);
  if (fetched !== undefined) return fetched;
  throw missing(`it was unpacked into ${cache}, but cannot be found there`);
}

async function fetchConsul(work: string, cache: string): Promise<void> {
  say(`fetching consul into ${cache} (from Debian's ${RELEASE}, with package lists of its own) ...`);
  const sources = `${work}/sources.list`;
  await Deno.writeTextFile(sources, `deb [signed-by=${KEYRING}] ${MIRROR} ${RELEASE} main\n`);
  for (const directory of ["lists/partial", "cache/archives/partial"]) {
    await Deno.mkdir(`${work}/${directory}`, { recursive: true });
  }
  const own = [
    `Dir::Etc::SourceList=${sources}`,
    "Dir::Etc::SourceParts=-",
    `Dir::State::Lists=${work}/lists`,
    `Dir::Cache=${work}/cache`,
    "APT::Sandbox::User=root",
  ].flatMap((option) => ["-o", option]);
  for (const args of [["update", "-q"], ["download", "-q", "consul"]]) {
    const { ok, tail } = await attempt("apt-get", [...own, ...args], work);
    if (!ok) throw missing(`apt-get ${args.join(" ")} failed:\n${tail}`);
  }
  for await (const { name } of Deno.readDir(work)) {
    if (!name.endsWith(".deb")) continue;
    const { ok, tail } = await attempt("dpkg", ["-x", `${work}/${name}`, `${work}/unpacked`]);
    if (!ok) throw missing(`${name} could not be unpacked:\n${tail}`);
  }
}

function missing(why: string): SetupError {
  return new SetupError(
    `Consul is missing and could not be fetched: put the program consul on PATH (https://developer.hashicorp.com/consul/install); ${why}`,
  );
}
