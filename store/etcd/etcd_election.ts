import type { IKeyValue } from "etcd3";
import { Buffer } from "node:buffer";
import { sleep } from "../../common/clock.ts";
import { atMost } from "../calls.ts";
import { Complaints } from "../complaints.ts";
import { Candidacy, type Instant, instant } from "../term.ts";
import { deadline, type EtcdCalls } from "./etcd_client.ts";
import { LeaseGoneError } from "./etcd_errors.ts";
import type { EtcdLeases } from "./etcd_leases.ts";

const TTL_S = 20;
const VALID_MS = 16_000;
const RENEW_MS = 5_000;
const RETRY_MS = 500;
const STAND_AGAIN_MS = 1000;
const CLOSE_LIMIT_MS = 900;

/** The candidate's key and the revision at which it was created: they stand in the store as long as the term does. */
export interface EtcdProof {
  readonly key: string;
  readonly createRevision: string;
}

export interface EtcdElectionOptions {
  /** Full prefix of the candidates' keys, with the trailing slash. */
  readonly prefix: string;
  readonly description: string;
  readonly calls: EtcdCalls;
  readonly leases: EtcdLeases;
  /** All candidates' keys, linearizably. */
  readonly list: (signal: AbortSignal) => Promise<readonly IKeyValue[]>;
  /** Hints that candidates have come or gone. */
  readonly watch: (signal: AbortSignal) => AsyncIterable<void>;
  readonly onClosed: () => void;
}

/** The candidate that leads: the one whose key was created first. */
export function firstCandidate(candidates: readonly IKeyValue[]): IKeyValue | undefined {
  const older = (a: IKeyValue, b: IKeyValue) => BigInt(a.create_revision) < BigInt(b.create_revision) ? a : b;
  return candidates.length === 0 ? undefined : candidates.reduce(older);
}

/** One candidate's standing, as long as its lease lasts. */
interface Standing {
  readonly leaseId: string;
  readonly proof: EtcdProof;
}

/**
 * Stands in the layout of etcd's own election recipe: the candidate's id at `<prefix><lease id in hex>` under the lease,
 * the oldest key leads.
 */
export class EtcdCandidacy extends Candidacy<EtcdProof> {
  readonly #id: string;
  readonly #options: EtcdElectionOptions;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  readonly #complaints = new Complaints("the candidacy for the sentinels' leader failed, trying again");
  #leaseId: string | undefined;
  #confirmedAt: Instant = instant();

  constructor(id: string, options: EtcdElectionOptions) {
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
    if (this.#leaseId !== undefined) await this.#options.leases.revoke(this.#leaseId);
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const standing = await this.#stand(signal);
        this.#complaints.clear();
        await this.#follow(standing, signal);
      } catch (error) {
        if (!signal.aborted) this.#complaints.tell(error);
      }
      await sleep(STAND_AGAIN_MS, signal);
    }
  }

  /** Puts the candidate's key under a new lease. */
  async #stand(signal: AbortSignal): Promise<Standing> {
    const { leases, calls, prefix } = this.#options;
    // What an earlier attempt left would stand in the way: its key is older.
    if (this.#leaseId !== undefined) await leases.revoke(this.#leaseId);
    this.#confirmedAt = instant();
    const leaseId = await leases.grant(this.#operation("campaign"), TTL_S, { signal });
    this.#leaseId = leaseId;
    const key = prefix + BigInt(leaseId).toString(16);
    const fullKey = Buffer.from(key);
    const done = await calls.write(
      this.#operation("campaign"),
      { signal },
      (client, limits) =>
        client.kv.txn({
          compare: [{ result: "Equal", target: "Create", key: fullKey, create_revision: "0" }],
          success: [{ request_put: { key: fullKey, value: Buffer.from(this.#id), lease: leaseId } }],
          failure: [{ request_range: { key: fullKey } }],
        }, deadline(limits)),
    );
    const found = done.responses[0]?.response_range?.kvs[0]?.create_revision;
    const createRevision = done.succeeded ? done.header.revision : found;
    if (createRevision === undefined) throw new Error(`the key ${key} vanished while it was being created`);
    return { leaseId, proof: { key, createRevision } };
  }

  /** Renews the lease and looks who leads, until the candidate's key or its lease is gone. */
  async #follow(standing: Standing, signal: AbortSignal): Promise<void> {
    const gone = new AbortController();
    const ended = AbortSignal.any([signal, gone.signal]);
    const leave = (reason: string) => {
      gone.abort(new Error(reason));
      this.term?.end(reason);
    };
    await Promise.all([
      this.#renew(standing, ended, leave),
      this.#look(standing, ended, leave),
    ]);
  }

  async #renew(standing: Standing, signal: AbortSignal, leave: (reason: string) => void): Promise<void> {
    while (!signal.aborted) {
      await sleep(RENEW_MS, signal);
      let done = false;
      while (!done && !signal.aborted) {
        done = await this.#renewOnce(standing, signal, leave);
        if (!done) await sleep(RETRY_MS, signal);
      }
    }
  }

  /** False: to be tried again. */
  async #renewOnce(
    { leaseId, proof }: Standing,
    signal: AbortSignal,
    leave: (reason: string) => void,
  ): Promise<boolean> {
    const sentAt = instant();
    try {
      await this.#options.leases.renew(this.#operation("renew the candidacy"), leaseId, { signal });
    } catch (error) {
      if (!(error instanceof LeaseGoneError)) return this.#failed(error, signal);
      leave("the lease has expired");
      return true;
    }
    this.#complaints.clear();
    this.#confirmedAt = sentAt;
    if (this.term?.holds()) this.term.confirm(sentAt);
    else await this.#judge(proof, signal, leave).catch((error) => this.#failed(error, signal));
    return true;
  }

  /** A term that cannot be renewed ends by its own clock. */
  #failed(error: unknown, signal: AbortSignal): false {
    if (!signal.aborted) this.#complaints.tell(error);
    return false;
  }

  async #look({ proof }: Standing, signal: AbortSignal, leave: (reason: string) => void): Promise<void> {
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

  /** Looks at the candidates: this one's key gone, this one the first, or another. */
  #judge(proof: EtcdProof, signal: AbortSignal, leave: (reason: string) => void): Promise<void> {
    return this.serially(() => this.#judgeNow(proof, signal, leave));
  }

  async #judgeNow(proof: EtcdProof, signal: AbortSignal, leave: (reason: string) => void): Promise<void> {
    const candidates = await this.#options.list(signal);
    if (signal.aborted) return;
    const own = candidates.find((kv) => kv.key.toString() === proof.key);
    if (own?.create_revision !== proof.createRevision) return leave("the candidate's key is gone");
    if (firstCandidate(candidates) !== own) return this.term?.end("another candidate leads");
    if (this.term?.holds()) return;
    this.begin(proof, { validMs: VALID_MS, confirmedAt: this.#confirmedAt });
  }

  #operation(attempted: string): { attempted: string; endpoint: string } {
    return { attempted, endpoint: this.#options.description };
  }
}
