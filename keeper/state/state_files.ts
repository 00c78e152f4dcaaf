/** `keeperstate` and `dbstate` on disk: written atomically, synced, readable by their owner alone. */
import { join } from "node:path";
import { readTextIfPresent, writeFileAtomically } from "./atomic_file.ts";
import {
  type DbState,
  type KeeperState,
  parseDbState,
  parseKeeperState,
  parseParameters,
} from "./local_state.ts";

/** The state files of one data directory. Undefined means that a file does not exist (yet). */
export class StateFiles {
  readonly #keeperPath: string;
  readonly #dbPath: string;

  readonly #goodPath: string;

  constructor(readonly directory: string) {
    this.#goodPath = join(directory, "goodparameters");
    this.#keeperPath = join(directory, "keeperstate");
    this.#dbPath = join(directory, "dbstate");
  }

  /** @throws {MalformedStateError} when the file holds something else */
  readKeeperState(): KeeperState | undefined {
    const text = readTextIfPresent(this.#keeperPath);
    return text === undefined ? undefined : parseKeeperState(text);
  }

  writeKeeperState(state: KeeperState): void {
    writeFileAtomically(this.#keeperPath, JSON.stringify(state));
  }

  /** @throws {MalformedStateError} when the file holds something else */
  readDbState(): DbState | undefined {
    const text = readTextIfPresent(this.#dbPath);
    return text === undefined ? undefined : parseDbState(text);
  }

  writeDbState(state: DbState): void {
    writeFileAtomically(this.#dbPath, JSON.stringify(state));
  }

  /** The parameters with which PostgreSQL last started; they hold a password. */
  readGoodParameters(): Readonly<Record<string, string>> | undefined {
    const text = readTextIfPresent(this.#goodPath);
    return text === undefined ? undefined : parseParameters(text);
  }

  writeGoodParameters(parameters: Readonly<Record<string, string>>): void {
    writeFileAtomically(this.#goodPath, JSON.stringify(parameters));
  }
}
