/**
 * Stands in for a role's `main.ts` under the real launcher and the real permission set: tries what the arguments after
 * `--try` name, and prints one line of JSON that says for each whether it was denied. Anything but a denial counts as
 * allowed, a missing file or a refused connection too.
 */

/** `kind:argument`, as `read:/etc/hostname` or `connect:127.0.0.1:2379`. */
async function attempt(kind: string, argument: string): Promise<void> {
  const [host = "", port = ""] = argument.split(/:(?=\d+$)/);
  switch (kind) {
    case "read":
      return void await Deno.stat(argument);
    case "write":
      return await Deno.writeTextFile(argument, "");
    case "run":
      return void await new Deno.Command(argument, { args: ["--version"], stdout: "null", stderr: "null" })
        .output();
    case "connect":
      return (await Deno.connect({ hostname: host, port: Number(port) })).close();
    case "listen":
      return Deno.listen({ hostname: host, port: Number(port) }).close();
    case "env":
      if (Deno.env.get(argument) === undefined) throw new Deno.errors.NotCapable(`${argument} is not seen`);
      return;
    case "sys":
      return void (argument === "hostname" ? Deno.hostname() : Deno.networkInterfaces());
    case "ffi":
      return Deno.dlopen(argument, {}).close();
    case "import":
      return void await import(argument);
    case "ask":
      if ((await Deno.permissions.request({ name: "run" })).state !== "granted") {
        throw new Deno.errors.NotCapable("asking changes nothing");
      }
      return;
    default:
      throw new TypeError(`unknown attempt ${kind}`);
  }
}

async function isDenied(what: string): Promise<boolean> {
  const colon = what.indexOf(":");
  try {
    await attempt(what.slice(0, colon), what.slice(colon + 1));
    return false;
  } catch (error) {
    if (error instanceof TypeError && error.message.startsWith("unknown")) throw error;
    return error instanceof Deno.errors.NotCapable || /Requires .* access/.test(String(error));
  }
}

const attempts = Deno.args.slice(Deno.args.indexOf("--try") + 1);
const results: Record<string, string> = {};
for (const what of attempts) results[what] = await isDenied(what) ? "denied" : "allowed";
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(results)));
