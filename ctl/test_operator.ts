/** `stolonctl` as an operator runs it, for tests: through the launcher, under its permission set, over a real store. */
import { assertEquals } from "@std/assert";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeClusterData, encodeClusterData } from "../cluster/codec.ts";

/** The project. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** How a run ended. */
export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A store of its own, and `stolonctl` pointed at it. */
export class Operator implements AsyncDisposable {
  private constructor(readonly directory: string) {}

  static async create(): Promise<Operator> {
    return new Operator(await Deno.makeTempDir({ prefix: "stolonctl-test-" }));
  }

  #command(args: readonly string[], stderr: "piped" | "inherit"): Deno.Command {
    return new Deno.Command("sh", {
      args: [`${ROOT}/scripts/role`, Deno.execPath(), "ctl", ...args],
      cwd: this.directory,
      env: this.env,
      stdin: stderr === "piped" ? "piped" : "null",
      stdout: "piped",
      stderr,
    });
  }

  get env(): Record<string, string> {
    return {
      INIT_CWD: "",
      STOLONCTL_CLUSTER_NAME: "main",
      STOLONCTL_STORE_BACKEND: "sqlite",
      STOLONCTL_STORE_ENDPOINTS: `file://${this.directory}/store.db`,
    };
  }

  /** What it says on stderr is passed on, so that a failed test shows it. */
  start(args: readonly string[]): Deno.ChildProcess {
    return this.#command(args, "inherit").spawn();
  }

  async run(args: readonly string[], stdin = ""): Promise<Result> {
    const child = this.#command(args, "piped").spawn();
    const [output] = await Promise.all([child.output(), writeAll(child.stdin, stdin)]);
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code: output.code, stdout: text(output.stdout), stderr: text(output.stderr) };
  }

  /** What it prints; fails when it is refused. */
  async output(args: readonly string[], stdin = ""): Promise<string> {
    const result = await this.run(args, stdin);
    assertEquals({ ...result, stdout: "" }, { code: 0, stdout: "", stderr: "" });
    return result.stdout;
  }

  async document() {
    return decodeClusterData(await this.output(["clusterdata", "read"]));
  }

  async write(data: Parameters<typeof encodeClusterData>[0]): Promise<void> {
    await this.output(["clusterdata", "write", "-y"], encodeClusterData(data));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.directory, { recursive: true });
  }
}

/** Cuts a text into lines. */
export class TextLineStream extends TransformStream<string, string> {
  constructor() {
    let rest = "";
    super({
      transform(chunk, controller) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) controller.enqueue(line);
      },
    });
  }
}

/** A program that ends without reading its input closes the pipe: that is its right. */
async function writeAll(stream: WritableStream<Uint8Array>, text: string): Promise<void> {
  try {
    await new Blob([text]).stream().pipeTo(stream);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
