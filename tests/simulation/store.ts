/**
 * The simulated store: one linearizable map with revisions, expiring keys, sessions that contest the leadership, and
 * hints to watchers. It holds decoded, frozen values. While it is away, requests get lost and nothing expires.
 */
import type { Network } from "./network.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

export const STORE_NODE = "store";
export const LEADER_TTL_MS = 20_000;

export interface StoredValue {
  readonly value: unknown;
  readonly revision: number;
  readonly expiresMs: number;
}

interface Session {
  readonly id: number;
  readonly candidate: string;
  expiresMs: number;
}

interface Watcher {
  readonly node: string;
  readonly prefixes: readonly string[];
  readonly hint: () => void;
}

export interface SwapRequest {
  readonly key: string;
  readonly value: unknown;
  /** Undefined: the key must not exist. */
  readonly expected: number | undefined;
  /** Only while this session leads. */
  readonly session?: number;
}

export class Store {
  readonly #entries = new Map<string, StoredValue>();
  readonly #sessions: Session[] = [];
  readonly #watchers = new Set<Watcher>();
  readonly #random: Random;
  #revision = 0;
  #sessionId = 0;
  #awaySinceMs: number | undefined;
  readonly #outages: { readonly fromMs: number; readonly toMs: number }[] = [];
  /** Called at each write, with what was there before. */
  onWrite: (key: string, value: unknown, before: unknown) => void = () => {};
  /** Added to each hint's way. */
  hintDelayMs = 0;

  constructor(readonly world: World, readonly network: Network) {
    this.#random = world.random.fork("store");
    this.#expireSoon();
  }

  /** How long it was away since a moment. */
  awayMsSince(sinceMs: number): number {
    const ended = this.#outages.reduce(
      (sum, { fromMs, toMs }) => sum + Math.max(0, toMs - Math.max(fromMs, sinceMs)),
      0,
    );
    const { nowMs } = this.world;
    return ended + (this.#awaySinceMs === undefined ? 0 : nowMs - Math.max(this.#awaySinceMs, sinceMs));
  }

  get away(): boolean {
    return this.#awaySinceMs !== undefined;
  }

  goAway(): void {
    this.#awaySinceMs ??= this.world.nowMs;
  }

  /** Whatever had time left has it again. */
  comeBack(): void {
    if (this.#awaySinceMs === undefined) return;
    const pausedMs = this.world.nowMs - this.#awaySinceMs;
    this.#outages.push({ fromMs: this.#awaySinceMs, toMs: this.world.nowMs });
    this.#awaySinceMs = undefined;
    for (const session of this.#sessions) session.expiresMs += pausedMs;
    for (const [key, entry] of this.#entries) {
      this.#entries.set(key, { ...entry, expiresMs: entry.expiresMs + pausedMs });
    }
    for (const watcher of this.#watchers) this.#sendHint(watcher);
  }

  get(key: string): StoredValue | undefined {
    return this.#entries.get(key);
  }

  list(prefix: string): unknown[] {
    const keys = [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort();
    return keys.map((key) => this.#entries.get(key)?.value);
  }

  put(key: string, value: unknown, ttlMs = Infinity): number {
    const before = this.#entries.get(key)?.value;
    deepFreeze(value);
    this.#entries.set(key, { value, revision: ++this.#revision, expiresMs: this.world.nowMs + ttlMs });
    this.onWrite(key, value, before);
    this.#hint(key);
    return this.#revision;
  }

  /** The new revision, or undefined at a conflict. */
  swap({ key, value, expected, session }: SwapRequest): number | undefined {
    if (this.#entries.get(key)?.revision !== expected) return undefined;
    if (session !== undefined && this.#sessions[0]?.id !== session) return undefined;
    return this.put(key, value);
  }

  delete(key: string): void {
    if (this.#entries.delete(key)) this.#hint(key);
  }

  /** Keeps a session alive, or begins one at the end of the queue; the first in the queue leads. */
  campaign(
    candidate: string,
    sessionId: number | undefined,
  ): { readonly session: number; readonly leads: boolean } {
    let session = this.#sessions.find((one) => one.id === sessionId);
    if (session === undefined) {
      session = { id: ++this.#sessionId, candidate, expiresMs: 0 };
      this.#sessions.push(session);
    }
    session.expiresMs = this.world.nowMs + LEADER_TTL_MS;
    return { session: session.id, leads: this.#sessions[0] === session };
  }

  resign(sessionId: number): void {
    const index = this.#sessions.findIndex((one) => one.id === sessionId);
    if (index >= 0) this.#sessions.splice(index, 1);
    this.#hint("sentinel-leader");
  }

  /** The store takes the leadership away, as after an expired lease. */
  revokeLeader(): void {
    const leader = this.#sessions[0];
    if (leader !== undefined) this.resign(leader.id);
  }

  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** A watcher whose connection was cut gets a hint when it is back. */
  hintAll(node: string): void {
    for (const watcher of this.#watchers) if (watcher.node === node) this.#sendHint(watcher);
  }

  #hint(key: string): void {
    if (this.away) return;
    for (const watcher of this.#watchers) {
      if (watcher.prefixes.some((prefix) => key.startsWith(prefix))) this.#sendHint(watcher);
    }
  }

  #sendHint(watcher: Watcher): void {
    this.world.after(this.#random.between(0, 30) + this.hintDelayMs, () => {
      this.network.send(STORE_NODE, watcher.node, watcher.hint);
    });
  }

  #expireSoon(): void {
    this.world.after(500, () => {
      if (!this.away) this.#expire();
      this.#expireSoon();
    });
  }

  #expire(): void {
    for (const [key, entry] of this.#entries) if (entry.expiresMs <= this.world.nowMs) this.delete(key);
    const expired = this.#sessions.filter((session) => session.expiresMs <= this.world.nowMs);
    for (const session of expired) this.resign(session.id);
  }
}

function deepFreeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
}
