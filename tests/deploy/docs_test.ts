/** The documentation speaks of what is there: log lines that the programs write, and pages and files that exist. */
import { assert, assertEquals } from "@std/assert";
import { dirname, join } from "node:path";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
/** Said by others: PostgreSQL, Deno, the store's client, the launcher's shell script. */
const FOREIGN = [
  /^no pg_hba\.conf/,
  /^password authentication failed/,
  /UNAVAILABLE|ECONNREFUSED|PERMISSION_DENIED/,
  /first certificate/,
];

/** Lines that are put together, by the part that stands in the code as it is. */
const COMPOSED: Readonly<Record<string, string>> = {
  'a permission is missing: Requires net access to "...", run again with the --allow-net flag':
    "a permission is missing: ",
  "--cluster-name is required (or ST..._CLUSTER_NAME)": "is required (or ",
  "--store-backend=kubernetes is not supported by these programs": "is not supported by these programs",
  "reading the cluster view failed": '"reading the cluster view"',
  "superuser password contain trailing new line, removing": "password contain trailing new line, removing",
  "superuser password is empty after removing trailing new line":
    "password is empty after removing trailing new line",
  'invalid cluster specification: unknown option "..." (did you mean "..."?)': " (did you mean ",
  "initMode: can't be changed from ...": "can't be changed from ",
};

async function filesBelow(directory: string, pattern: RegExp): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = join(directory, name);
    if (isDirectory) found.push(...await filesBelow(path, pattern));
    else if (pattern.test(name)) found.push(path);
  }
  return found;
}

/** All that the programs may say, without the line breaks of the sources. */
async function sources(): Promise<string> {
  const rooms = ["cluster", "common", "store", "keeper", "sentinel", "proxy", "ctl", "scripts"];
  const files = (await Promise.all(rooms.map((room) => filesBelow(`${ROOT}/${room}`, /^(role|.*\.ts)$/))))
    .flat();
  const texts = await Promise.all(
    files.filter((file) => !/_test\.ts$/.test(file)).map((file) => Deno.readTextFile(file)),
  );
  return texts.join("\n").replaceAll(/[`"'] \+\s*[`"']/g, "").replaceAll('\\"', '"');
}

Deno.test("the log lines of docs/troubleshooting.md are those that programs write", async () => {
  const code = await sources();
  const page = await Deno.readTextFile(`${ROOT}/docs/troubleshooting.md`);
  const rows = page.split("\n").filter((line) => line.startsWith("| "));
  const quoted = rows.flatMap((row) =>
    [...(row.split(" | ")[0] ?? "").matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "")
  );
  const unknown = quoted.filter((line) => !FOREIGN.some((pattern) => pattern.test(line))).filter((line) => {
    const part = COMPOSED[line];
    if (part !== undefined) return !code.includes(part);
    const parts = line.replace(/^\{"reason": "|"\}$/g, "").split("...").map((part) =>
      part.trim().replace(/^["']|["']$/g, "")
    );
    return !parts.filter((part) => part.length > 8).every((part) => code.includes(part));
  });
  assert(quoted.length > 40);
  assertEquals(unknown, []);
});

Deno.test("links between the pages lead somewhere", async () => {
  const broken: string[] = [];
  for (const page of await filesBelow(`${ROOT}/docs`, /\.md$/)) {
    for (const [, target = ""] of (await Deno.readTextFile(page)).matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      if (/^https?:/.test(target)) continue;
      const path = join(dirname(page), target);
      await Deno.stat(path).catch(() => broken.push(`${page}: ${target}`));
    }
  }
  assertEquals(broken, []);
});
