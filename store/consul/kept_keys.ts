import { sleep } from "../../common/clock.ts";
import { StoreConflictError, type StoreOperation } from "../errors.ts";
import type { CallOptions, PutOptions, Revision } from "../store.ts";
import type { ConsulCalls } from "./consul_client.ts";
import type { ConsulKv } from "./consul_kv.ts";
import type { TxnStep } from "./kv.ts";
import { Sessions } from "./sessions.ts";

/** A key whose session has ended cannot be held at once: Consul's lock-delay, with room for its clocks. */
const LOCK_DELAY_MS = 20;
const HOLD_ATTEMPTS = 5;

interface KeyValue {
  /** Full key. */
  readonly key: string;
  readonly value: string;
}

interface Kept {
  readonly session: string;
  readonly ttlS: number;
}

/**
 * Keys that expire: each held by a session of its own that deletes it. A session is renewed by each write of its key and
 * by nothing else. Consul ends it after twice its time to live, so it gets half of the wanted one.
 */
export class KeptKeys {
  readonly sessions: Sessions;
  readonly #kv: ConsulKv;
  readonly #kept = new Map<string, Kept>();

  constructor(calls: ConsulCalls, kv: ConsulKv) {
    this.sessions = new Sessions(calls);
    this.#kv = kv;
  }

  /** Writes the key so that it vanishes when it is not written again. A session that has gone is replaced at once. */
  async put(
    operation: StoreOperation,
    entry: KeyValue,
    options: PutOptions & { readonly ttlMs: number },
  ): Promise<Revision> {
    const ttlS = Math.ceil(options.ttlMs / 2000);
    const kept = this.#kept.get(entry.key);
    if (kept !== undefined) {
      const revision = kept.ttlS === ttlS
        ? await this.#renew(operation, entry, { ...options, session: kept.session })
        : await this.#handOver(operation, entry, { ...options, ttlS, from: kept.session });
      if (revision !== undefined) return revision;
      await this.#drop(operation, entry.key, options);
    }
    const session = await this.sessions.create(operation, { behavior: "delete", ttlS, ...options });
    this.#kept.set(entry.key, { session, ttlS });
    for (let attempt = 0; attempt < HOLD_ATTEMPTS; attempt++) {
      const revision = await this.#hold(operation, entry, { ...options, session });
      if (revision !== undefined) return revision;
      // Whoever held the key before was this component in an earlier life: nobody else writes it.
      await this.#evict(operation, entry.key, options);
      await sleep(LOCK_DELAY_MS, options.signal);
    }
    throw new StoreConflictError(operation, "the key is held by the session of another process");
  }

  /** Writes the key so that it stays. */
  async putForGood(
    operation: StoreOperation,
    { key, value }: KeyValue,
    options: CallOptions,
  ): Promise<Revision> {
    const kept = this.#kept.get(key);
    // The session's end would take the key with it, so it lets go first.
    if (kept !== undefined) {
      await this.#kv.txn(operation, [{ verb: "unlock", key, value, session: kept.session }], options);
      await this.#drop(operation, key, options);
    }
    const done = await this.#kv.txn(operation, [{ verb: "set", key, value }], options);
    if ("index" in done) return done.index;
    throw new StoreConflictError(operation, `Consul says: ${done.refused}`);
  }

  /** Ends all sessions, and with them the keys. */
  async dropAll(operation: StoreOperation): Promise<void> {
    await Promise.all([...this.#kept.keys()].map((key) => this.#drop(operation, key, {})));
  }

  /** Undefined: the session is gone, or no longer holds the key. */
  async #renew(
    operation: StoreOperation,
    entry: KeyValue,
    options: CallOptions & { readonly session: string },
  ): Promise<Revision | undefined> {
    if (!await this.sessions.renew(operation, options.session, options)) return undefined;
    return await this.#hold(operation, entry, options);
  }

  /**
   * Another time to live needs another session. The key passes from one to the other in one step and is there all the
   * time; the old session ends when it holds nothing any more. Undefined: the old one did not hold it.
   */
  async #handOver(
    operation: StoreOperation,
    { key, value }: KeyValue,
    { ttlS, from, ...options }: CallOptions & { readonly ttlS: number; readonly from: string },
  ): Promise<Revision | undefined> {
    const session = await this.sessions.create(operation, { behavior: "delete", ttlS, ...options });
    const steps: TxnStep[] = [
      { verb: "unlock", key, value, session: from },
      { verb: "lock", key, value, session },
    ];
    const done = await this.#kv.txn(operation, steps, options);
    if ("index" in done) {
      this.#kept.set(key, { session, ttlS });
      await this.sessions.destroy(operation, from, options);
      return done.index;
    }
    await this.sessions.destroy(operation, session, options);
    return undefined;
  }

  /** Undefined: the key is held by another session, or this session is gone. */
  async #hold(
    operation: StoreOperation,
    { key, value }: KeyValue,
    { session, ...options }: CallOptions & { readonly session: string },
  ): Promise<Revision | undefined> {
    const done = await this.#kv.txn(operation, [{ verb: "lock", key, value, session }], options);
    return "index" in done ? done.index : undefined;
  }

  async #evict(operation: StoreOperation, key: string, options: CallOptions): Promise<void> {
    const found = await this.#kv.get(operation, key, options);
    if (found !== undefined && found.session !== "") {
      await this.sessions.destroy(operation, found.session, options);
    }
  }

  async #drop(operation: StoreOperation, key: string, options: CallOptions): Promise<void> {
    const kept = this.#kept.get(key);
    if (kept !== undefined) await this.sessions.destroy(operation, kept.session, options);
    this.#kept.delete(key);
  }
}
