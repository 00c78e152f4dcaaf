/** Debian packages for the demo and the tests: installed when this user may, else explained. Nothing asks a question. */

/** Something is missing that could not be installed. The message says what, and how to install it. */
export class SetupError extends Error {
  override readonly name = "SetupError";
}

interface Outcome {
  readonly ok: boolean;
  /** Last lines of what the command said. */
  readonly tail: string;
  /** All of it. */
  readonly text: string;
}

/** Shows what takes long; on stderr, so that stdout stays the caller's. */
export function say(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Runs a program and keeps the end of what it said. A program that is not there is an outcome too. */
export async function attempt(program: string, args: readonly string[], cwd?: string): Promise<Outcome> {
  try {
    const command = new Deno.Command(program, {
      args: [...args],
      env: { NO_COLOR: "1" },
      stdin: "null",
      ...(cwd === undefined ? {} : { cwd }),
    });
    const { success, stdout, stderr } = await command.output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const text = (decode(stdout) + decode(stderr)).trim();
    return { ok: success, tail: text.split("\n").slice(-5).join("\n"), text };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      const text = `${program} is not installed`;
      return { ok: false, tail: text, text };
    }
    throw error;
  }
}

/**
 * Installs packages without starting or enabling what they bring, and without making PostgreSQL's default cluster.
 * Several at once wait for one another.
 * @throws {SetupError} when this user may not install, or the installation fails
 */
export async function aptInstall(packages: readonly string[], what: string): Promise<void> {
  const asRoot = await rootPrefix();
  const advice = `install ${what} yourself, on Debian and Ubuntu with: sudo apt-get install ${
    packages.join(" ")
  }`;
  if (!(await attempt("apt-get", ["--version"])).ok) {
    throw new SetupError(`${what} is missing and there is no apt-get here to install it: ${advice}`);
  }
  if (asRoot === undefined) {
    throw new SetupError(
      `${what} is missing and only root or a user of sudo without password may install it: ${advice}`,
    );
  }
  say(`installing ${what} (apt-get install ${packages.join(" ")}) ...`);
  const [program = "sh", ...args] = [...asRoot, "sh", "-c", INSTALL_SCRIPT, "sh", ...packages];
  const { ok, tail } = await attempt(program, args);
  if (!ok) throw new SetupError(`apt-get could not install ${what}: ${advice}\n${tail}`);
}

/** A service that comes with a package would take its port now and at every boot, which nobody here asked for. */
const INSTALL_SCRIPT = `
exec 9>/run/lock/stolon-setup.lock && flock 9 || exit 1
policy=/usr/sbin/policy-rc.d cluster=/etc/postgresql-common/createcluster.d/stolon-setup.conf
made=
trap 'rm -f $made' EXIT
trap 'exit 1' HUP INT TERM
if [ ! -e "$policy" ]; then
  made="$policy"
  printf '#!/bin/sh\\nexit 101\\n' > "$policy" && chmod 755 "$policy" || exit 1
fi
mkdir -p "\${cluster%/*}" && echo 'create_main_cluster = false' > "$cluster" || exit 1
made="$made $cluster"
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"; }
install "$@" || { apt-get update -q && install "$@"; } || exit 1
if [ -d /run/systemd/system ]; then
  for name in "$@"; do
    case $name in postgresql*) ;; *) systemctl disable "$name" ;; esac
  done
fi
:
`;

/** What to put before a command to run it as root; undefined when that is not possible without a password. */
async function rootPrefix(): Promise<readonly string[] | undefined> {
  if (Deno.uid() === 0) return [];
  return (await attempt("sudo", ["-n", "true"])).ok ? ["sudo", "-n"] : undefined;
}

/**
 * Fetches packages and unpacks them below `directory`, for programs that need nothing else: no root, no service.
 * @throws {SetupError} when they cannot be fetched
 */
export async function aptUnpack(packages: readonly string[], options: {
  readonly what: string;
  readonly directory: string;
}): Promise<void> {
  const { what, directory } = options;
  const advice = `install ${what} yourself, on Debian and Ubuntu with: sudo apt-get install ${
    packages.join(" ")
  }`;
  say(`fetching ${what} into ${directory} (apt-get download ${packages.join(" ")}) ...`);
  await Deno.mkdir(directory, { recursive: true });
  const work = await Deno.makeTempDir({ dir: directory, prefix: ".fetch-" });
  try {
    await fetchPackages(packages, {
      work,
      failure: `${what} is missing and could not be fetched: ${advice}`,
    });
    for await (const entry of Deno.readDir(work)) {
      if (!entry.name.endsWith(".deb")) continue;
      const { ok, tail } = await attempt("dpkg", ["-x", `${work}/${entry.name}`, directory]);
      if (!ok) throw new SetupError(`${entry.name} could not be unpacked: ${advice}\n${tail}`);
    }
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

async function fetchPackages(
  packages: readonly string[],
  { work, failure }: { readonly work: string; readonly failure: string },
): Promise<void> {
  // Without this, apt's unprivileged user may not write into a directory of ours, and says so at length.
  const args = ["download", "-q", "-o", "APT::Sandbox::User=root", ...packages];
  const first = await attempt("apt-get", args, work);
  if (first.ok) return;
  const asRoot = await rootPrefix();
  if (asRoot === undefined) throw new SetupError(`${failure}\n${first.tail}`);
  const [program = "apt-get", ...update] = [...asRoot, "apt-get", "update", "-q"];
  await attempt(program, update);
  const second = await attempt("apt-get", args, work);
  if (!second.ok) throw new SetupError(`${failure}\n${second.tail}`);
}
