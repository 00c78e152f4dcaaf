/** PostgreSQL instances for tests: own directory, own port, nothing left behind. */
import {
  type ConfigurationInput,
  disableAutoConf,
  findBinaries,
  generateHbaLines,
  generateParameters,
  initdb,
  type Instance,
  openSession,
  PostgresProcess,
  type Row,
  type Session,
  setUpRoles,
  superuserTarget,
  waitReady,
  writeConfiguration,
  writeHba,
} from "../keeper/postgres/mod.ts";

/** Limit of one request in tests: generous, the machine may be busy. */
export const REQUEST_TIMEOUT_MS = 30_000;
const READY_TIMEOUT_MS = 60_000;

export interface TestInstanceOptions {
  readonly suPassword?: string;
  readonly replPassword?: string;
  /** Name of the PostgreSQL data directory. */
  readonly directoryName?: string;
}

/** Directory of PostgreSQL's programs: `PG_BIN`, else a usual place; undefined: PATH. */
export function testBinPath(): string | undefined {
  const given = Deno.env.get("PG_BIN");
  if (given !== undefined && given !== "") return given;
  for (const version of ["18", "17", "16", "15", "14", "13"]) {
    const directory = `/usr/lib/postgresql/${version}/bin`;
    try {
      Deno.statSync(`${directory}/postgres`);
      return directory;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

/** A TCP port of the loopback interface that nobody had a moment ago. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** One instance and what the test started of it. `await using` stops PostgreSQL and removes the directory. */
export class TestInstance implements AsyncDisposable {
  process: PostgresProcess | undefined;
  #input: ConfigurationInput;

  private constructor(readonly instance: Instance) {
    this.#input = {
      version: instance.binaries.version,
      userParameters: { shared_buffers: "16MB", fsync: "off", max_connections: "20" },
      listenAddress: "127.0.0.1",
      port: instance.port,
      socketDirectory: instance.socketDirectory,
      maxStandbys: 5,
      additionalWalSenders: 2,
      usePgrewind: true,
      synchronousStandbyNames: [],
      recoveryParameters: {},
    };
  }

  /** Describes one; nothing is created but its work directory. */
  static async describe(options: TestInstanceOptions = {}): Promise<TestInstance> {
    const workDirectory = await Deno.makeTempDir({ prefix: "pg-test-" });
    const user = (name: string, password: string | undefined) =>
      password === undefined
        ? { name, method: "trust" as const, password: undefined }
        : { name, method: "scram-sha-256" as const, password };
    return new TestInstance({
      binaries: await findBinaries(testBinPath()),
      dataDirectory: `${workDirectory}/${options.directoryName ?? "postgres"}`,
      workDirectory,
      socketDirectory: "/tmp",
      port: freePort(),
      superuser: user("postgres", options.suPassword),
      replication: user("repl", options.replPassword),
    });
  }

  /** A running primary with its roles. */
  static async primary(options: TestInstanceOptions = {}): Promise<TestInstance> {
    const made = await TestInstance.describe(options);
    await initdb(made.instance, { config: null, signal: never() });
    made.configure({});
    await made.start();
    await setUpRoles(made.instance, { timeoutMs: REQUEST_TIMEOUT_MS });
    return made;
  }

  /** Writes both files; what is given replaces what was given before. */
  configure(changes: Partial<ConfigurationInput>, clients: readonly string[] | null | "closed" = null): void {
    this.#input = { ...this.#input, ...changes };
    const { dataDirectory, superuser, replication } = this.instance;
    writeConfiguration(dataDirectory, generateParameters(this.#input));
    writeHba(dataDirectory, generateHbaLines({ superuser, replication, access: "all", clients }));
  }

  get configuration(): ConfigurationInput {
    return this.#input;
  }

  /** Starts it and waits until it answers. */
  async start(args: readonly string[] = []): Promise<PostgresProcess> {
    await disableAutoConf(this.instance.dataDirectory);
    this.process = await PostgresProcess.start(this.instance, { args });
    await waitReady(this.instance, this.process, {
      timeoutMs: READY_TIMEOUT_MS,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
    });
    return this.process;
  }

  async stop(mode: "fast" | "immediate" = "fast"): Promise<void> {
    await this.process?.stop({ mode });
  }

  async session(database = "postgres"): Promise<Session> {
    return await openSession(superuserTarget(this.instance, database), { timeoutMs: REQUEST_TIMEOUT_MS });
  }

  /** One statement in a session of its own. */
  async query(text: string, database = "postgres"): Promise<readonly Row[]> {
    await using session = await this.session(database);
    return await session.query(text);
  }

  /** First column of the first row. */
  async value(text: string): Promise<string | null> {
    await using session = await this.session();
    return await session.value(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("immediate");
    await Deno.remove(this.instance.workDirectory, { recursive: true });
  }
}

/** A signal that nobody aborts. */
export function never(): AbortSignal {
  return new AbortController().signal;
}

/** Asks until it is so; fails with the last answer after a minute. */
export async function eventually<T>(ask: () => Promise<T>, isSo: (answer: T) => boolean): Promise<T> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    if (performance.now() > deadline) {
      throw new Error(`not so within ${READY_TIMEOUT_MS} ms; last: ${Deno.inspect(answer)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
