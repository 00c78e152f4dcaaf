/** PostgreSQL instances for tests: own directory, own port, nothing left behind. */
import { formatLsn, parseLsn } from "../cluster/lsn.ts";
import {
  baseBackup,
  checkpoint,
  type ConfigurationInput,
  type CopyProgress,
  createSlot,
  disableAutoConf,
  findBinaries,
  generateHbaLines,
  generateParameters,
  initdb,
  type Instance,
  internalStandbyParameters,
  listSlots,
  openSession,
  parseVersion,
  PostgresProcess,
  promote,
  type Row,
  type Session,
  setUpRoles,
  slotSyncDatabase,
  type SourceAddress,
  standbyName,
  superuserTarget,
  waitReady,
  writeConfiguration,
  writeHba,
  writeSignalFiles,
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

export interface StandbyOptions extends TestInstanceOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CopyProgress) => void;
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

/** Major version of the PostgreSQL that the tests run, to leave out what it can't do. */
export function testMajorVersion(): number {
  const directory = testBinPath();
  const command = directory === undefined ? "postgres" : `${directory}/postgres`;
  const { stdout } = new Deno.Command(command, { args: ["--version"] }).outputSync();
  return parseVersion(new TextDecoder().decode(stdout)).Maj;
}

/**
 * A TCP port of the loopback interface that nobody had a moment ago, below those that the system gives to outgoing
 * connections: such a connection could otherwise take it while a server restarts.
 */
export function freePort(): number {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
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

  /** A running standby of it: slot, full copy, start, caught up. Its db UID is its own. */
  static async standbyOf(primary: TestInstance, options: StandbyOptions = {}): Promise<TestInstance> {
    const made = await TestInstance.describe(options);
    await made.copy(primary, options);
    await made.follow(primary);
    await made.start();
    await made.caughtUp(primary);
    return made;
  }

  /** A full copy through a slot of its own, which is made when it is missing. Not started. */
  async copy(primary: TestInstance, options: StandbyOptions = {}): Promise<void> {
    await primary.putSlot(this.slot);
    await baseBackup(this.instance, {
      address: primary.address,
      slot: this.slot,
      signal: options.signal ?? never(),
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    });
  }

  /** Writes what makes the (stopped) instance a standby of it. */
  async follow(primary: TestInstance): Promise<void> {
    await primary.putSlot(this.slot);
    await writeSignalFiles(this.instance.dataDirectory, { standby: true, recovery: false });
    const { replication } = this.instance;
    const { version, userParameters } = this.configuration;
    const database = slotSyncDatabase(version, userParameters);
    const { dbUid } = this;
    this.configure({
      recoveryParameters: internalStandbyParameters(primary.address, { replication, dbUid, database }),
    });
  }

  /** Makes the (stopped) instance start as a primary. */
  async lead(): Promise<void> {
    await writeSignalFiles(this.instance.dataDirectory, { standby: false, recovery: false });
    this.configure({ recoveryParameters: {} });
  }

  /** Creates the slot unless it is there. */
  async putSlot(name: string): Promise<void> {
    await using session = await this.session();
    const slots = await listSlots(session);
    if (!slots.some((slot) => slot.name === name)) await createSlot(session, name);
  }

  /** Waits until it has replayed what the primary has now. */
  async caughtUp(primary: TestInstance): Promise<void> {
    await this.caughtUpTo(parseLsn(await primary.value("select pg_current_wal_lsn()") ?? ""));
  }

  /** Waits until it has replayed this. */
  async caughtUpTo(position: bigint): Promise<void> {
    await this.#reached("pg_last_wal_replay_lsn()", position);
  }

  /** Waits until it has received this, replayed or not. */
  async received(position: bigint): Promise<void> {
    await this.#reached("pg_last_wal_receive_lsn()", position);
  }

  async #reached(expression: string, position: bigint): Promise<void> {
    await eventually(
      () => this.value(`select coalesce(${expression} >= '${formatLsn(position)}', false)`),
      (answer) => answer === "t",
    );
  }

  /** Ends recovery, and the checkpoint after it. */
  async promote(): Promise<void> {
    await promote(this.instance, { timeoutMs: READY_TIMEOUT_MS, requestTimeoutMs: REQUEST_TIMEOUT_MS });
    await checkpoint(this.instance, { timeoutMs: READY_TIMEOUT_MS });
  }

  get dbUid(): string {
    return `db${this.instance.port}`;
  }

  get slot(): string {
    return standbyName(this.dbUid);
  }

  get address(): SourceAddress {
    return { host: "127.0.0.1", port: String(this.instance.port) };
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
