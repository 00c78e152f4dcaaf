import { sleep } from "../../common/clock.ts";
import { atMost } from "../calls.ts";
import { Complaints } from "../complaints.ts";
import type { StoreOperation } from "../errors.ts";
import { Candidacy, type Instant, instant } from "../term.ts";
import type { ConsulKv } from "./consul_kv.ts";
import type { Sessions } from "./sessions.ts";

const TTL_S = 10;
const VALID_MS = 8_000;
const RENEW_MS = 2_500;
const RETRY_MS = 500;
const STAND_AGAIN_MS = 1000;
/** A key whose session has ended cannot be held at once: Consul's lock-delay, with room for its clocks. */
const LOCK_DELAY_MS = 20;
const LOCK_ATTEMPTS = 5;
const CLOSE_LIMIT_MS = 900;

/** The leader's key and the session that holds it. */
export interface ConsulProof {
  readonly key: string;
  readonly session: string;
}

export interface ConsulElectionOptions {
  /** Full key of the leader's id. */
  readonly key: string;
  readonly description: string;
  readonly kv: ConsulKv;
  readonly sessions: Sessions;
  /** Hints that the leader's key has changed. */
  readonly watch: (signal: AbortSignal) => AsyncIterable<void>;
  readonly onClosed: () => void;
}

type Leave = (reason: string) => void;

/** Stands by trying to hold the leader's key with a session; the value stays behind without one after a release. */
export class ConsulCandidacy extends Candidacy<ConsulProof> {
  readonly #id: string;
  readonly #options: ConsulElectionOptions;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  readonly #complaints = new Complaints("the candidacy for the sentinels' leader failed, trying again");
  #session: string | undefined;
  #confirmedAt: Instant = instant();

  constructor(id: string, options: ConsulElectionOptions) {
    super();
    this.#id = id;
    this.#options = options;
    this.#running = this.#run(this.#closing.signal);
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new Error("the candidacy has been closed"));
    this.term?.end("resigned");
    await atMost(CLOSE_LIMIT_MS, this.#resign());
    this.#options.onClosed();
  }

  async #resign(): Promise<void> {
    await this.#running;
    await this.#leaveSession();
  }

  /** The end of the session releases the key. */
  async #leaveSession(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    await this.#options.sessions.destroy(this.#operation("end the candidacy's session"), session, {});
    this.#session = undefined;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#leaveSession();
        this.#confirmedAt = instant();
        this.#session = await this.#options.sessions.create(this.#operation("campaign"), {
          behavior: "release",
          ttlS: TTL_S,
          signal,
        });
        this.#complaints.clear();
        await this.#follow({ key: this.#options.key, session: this.#session }, signal);
      } catch (error) {
        if (!signal.aborted) this.#complaints.tell(error);
      }
      await sleep(STAND_AGAIN_MS, signal);
    }
  }

  /** Renews the session and tries for the key, until the session is gone. */
  async #follow(proof: ConsulProof, signal: AbortSignal): Promise<void> {
    const gone = new AbortController();
    const ended = AbortSignal.any([signal, gone.signal]);
    const leave = (reason: string) => {
      gone.abort(new Error(reason));
      this.term?.end(reason);
    };
    await Promise.all([this.#renew(proof, ended, leave), this.#look(proof, ended, leave)]);
  }

  async #renew(proof: ConsulProof, signal: AbortSignal, leave: Leave): Promise<void> {
    while (!signal.aborted) {
      await sleep(RENEW_MS, signal);
      while (!signal.aborted && !await this.#renewOnce(proof, signal, leave)) await sleep(RETRY_MS, signal);
    }
  }

  /** False: to be tried again. */
  async #renewOnce(proof: ConsulProof, signal: AbortSignal, leave: Leave): Promise<boolean> {
    const sentAt = instant();
    try {
      const stands = await this.#options.sessions.renew(
        this.#operation("renew the candidacy"),
        proof.session,
        {
          signal,
        },
      );
      if (!stands) leave("the session has expired");
      if (!stands) return true;
      this.#complaints.clear();
      this.#confirmedAt = sentAt;
      if (this.term?.holds()) this.term.confirm(sentAt);
      else await this.#judge(proof, signal, leave);
      return true;
    } catch (error) {
      return this.#failed(error, signal);
    }
  }

  /** A term that cannot be renewed ends by its own clock. */
  #failed(error: unknown, signal: AbortSignal): false {
    if (!signal.aborted) this.#complaints.tell(error);
    return false;
  }

  async #look(proof: ConsulProof, signal: AbortSignal, leave: Leave): Promise<void> {
    for await (const _ of this.#options.watch(signal)) {
      while (!signal.aborted) {
        try {
          await this.#judge(proof, signal, leave);
          break;
        } catch (error) {
          this.#failed(error, signal);
          await sleep(RETRY_MS, signal);
        }
      }
    }
  }

  /** Looks at the leader's key: held by this session, by another, or free to be taken. */
  #judge(proof: ConsulProof, signal: AbortSignal, leave: Leave): Promise<void> {
    return this.serially(async () => {
      const holder = await this.#holder(proof, signal, leave);
      if (signal.aborted || holder !== proof.session) return;
      if (!this.term?.holds()) this.begin(proof, { validMs: VALID_MS, confirmedAt: this.#confirmedAt });
    });
  }

  /**
   * The session that holds the leader's key, after this one has tried to take it if it was free. A session that has lost
   * the key never takes it again, because it is the proof of the term that is over: somebody may have led in between.
   */
  async #holder({ key, session }: ConsulProof, signal: AbortSignal, leave: Leave): Promise<string> {
    const { kv } = this.#options;
    for (let attempt = 0; attempt < LOCK_ATTEMPTS; attempt++) {
      const found = await kv.get(this.#operation("campaign"), key, { signal });
      if (found?.session !== session && this.term !== undefined) {
        leave("the leader's key is no longer held");
        return found?.session ?? "";
      }
      if (found !== undefined && found.session !== "") return found.session;
      const step = { verb: "lock", key, value: this.#id, session } as const;
      const done = await kv.txn(this.#operation("campaign"), [step], { signal });
      if ("index" in done) return session;
      // Another was first, or the key has only just been let go: Consul's lock-delay.
      await sleep(LOCK_DELAY_MS, signal);
    }
    throw new Error(`the key ${key} is free and cannot be taken`);
  }

  #operation(attempted: string): StoreOperation {
    return { attempted, endpoint: this.#options.description };
  }
}
