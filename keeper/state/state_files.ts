/** `keeperstate` and `dbstate` on disk: written atomically, synced, readable by their owner alone. */
import { join } from "node:path";
import { readTextIfPresent, writeFileAtomically } from "./atomic_file.ts";
import { type DbState, type KeeperState, parseDbState, parseKeeperState } from "./local_state.ts";

/** The state files of one data directory. Undefined means that a file does not exist (yet). */
export class StateFiles {
  readonly #keeperPath: string;
  readonly #dbPath: string;

  constructor(dataDir: string) {
    this.#keeperPath = join(dataDir, "keeperstate");
    this.#dbPath = join(dataDir, "dbstate");
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
}
