/** A sentinel as scenarios need it: the real decision, with this process's memory, without the loop around it. */
import type { ClusterData } from "../../cluster/clusterdata.ts";
import type { KeeperInfo, ProxyInfo } from "../../cluster/infos.ts";
import { decide, missedLook, observe } from "../../sentinel/decide.ts";
import type { Now } from "../../sentinel/decision.ts";
import type { DecisionEvent } from "../../sentinel/events.ts";
import { EMPTY_MEMORY, type Memory } from "../../sentinel/memory.ts";
import { nextDeadlineMs } from "../../sentinel/deadlines.ts";
import { news, type Told } from "../../sentinel/telling.ts";
import { writeReason } from "../../sentinel/write_rule.ts";

/** What there is to see. */
export interface Found {
  readonly clusterData: ClusterData | null;
  readonly keeperInfos: readonly KeeperInfo[];
  readonly proxyInfos: readonly ProxyInfo[];
  readonly unreadableProxies: readonly string[];
  readonly now: Now;
}

/** What a leading look comes to. */
export interface Looked {
  /** Undefined: nothing to write. */
  readonly write: ClusterData | undefined;
  readonly events: readonly DecisionEvent[];
}

/** See above. */
export class FakeSentinel {
  /** Whether it looks at all. */
  alive = true;
  #memory: Memory = EMPTY_MEMORY;
  #told: Told = {};
  #writtenMs: number | undefined;
  #deadlineMs: number | undefined;

  constructor(readonly uid: string) {}

  /** Another term begins: the first look of it writes. */
  beginTerm(): void {
    this.#writtenMs = undefined;
  }

  /** Whether a patience ends by this time. */
  isDue(nowMs: number): boolean {
    return this.#deadlineMs !== undefined && nowMs >= this.#deadlineMs;
  }

  /** Could not look. */
  miss(): void {
    this.#memory = missedLook(this.#memory);
  }

  /** Looks without deciding. */
  observe(found: Found): void {
    this.#memory = observe({ ...found, memory: this.#memory });
    this.#setDeadline(found);
  }

  /** Looks, decides, and says what to write. */
  lead(found: Found, newUid: () => string): Looked {
    const { clusterData, now } = found;
    if (clusterData === null) {
      this.observe(found);
      return { write: undefined, events: [] };
    }
    const decision = decide({ ...found, clusterData, memory: this.#memory, newUid });
    this.#memory = decision.memory;
    this.#setDeadline(found);
    const question = { read: clusterData, decided: decision.clusterData, writtenMs: this.#writtenMs };
    const reason = writeReason({ ...question, nowMs: now.monotonicMs });
    const telling = news(decision.events, { told: this.#told, nowMs: now.monotonicMs });
    this.#told = telling.told;
    if (reason === undefined) return { write: undefined, events: telling.events };
    return { write: { ...decision.clusterData, changeTime: now.wallTime }, events: telling.events };
  }

  /** The write has happened. */
  wrote(nowMs: number): void {
    this.#writtenMs = nowMs;
  }

  #setDeadline({ clusterData, proxyInfos, now }: Found): void {
    const inMs = clusterData === null
      ? undefined
      : nextDeadlineMs({ clusterData, proxyInfos, memory: this.#memory, now });
    this.#deadlineMs = inMs === undefined ? undefined : now.monotonicMs + inMs;
  }
}
