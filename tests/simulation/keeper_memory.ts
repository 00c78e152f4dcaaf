/** What a simulated keeper process remembers from pass to pass, by its machine's clock. */
import type { LocalWal, Memory, ResyncMethod, SourceFacts } from "../../keeper/observed.ts";
import type { Clock } from "./clock.ts";

export class KeeperMemory {
  #dbUid = "";
  #trial: { readonly method: ResyncMethod; sinceMs: number; position: bigint } | undefined;
  #tried: ResyncMethod[] = [];
  source: SourceFacts | null = null;
  localWal: LocalWal | null = null;
  clientsHeld = false;
  reloadPending = false;

  constructor(private readonly clock: Clock) {}

  beginPass(dbUid: string): void {
    this.source = null;
    this.localWal = null;
    if (dbUid === this.#dbUid) return;
    this.#dbUid = dbUid;
    this.#trial = undefined;
    this.#tried = [];
  }

  beginTrial(method: ResyncMethod): void {
    this.#trial = { method, sinceMs: this.clock.monotonicMs(), position: -1n };
  }

  endTrial(): void {
    this.#trial = undefined;
  }

  rejectMethod(method: ResyncMethod): void {
    this.#trial = undefined;
    this.#tried.push(method);
  }

  noteProgress(position: bigint): void {
    if (this.#trial === undefined || this.#trial.position === position) return;
    this.#trial.position = position;
    this.#trial.sinceMs = this.clock.monotonicMs();
  }

  snapshot(): Memory {
    return {
      dbUid: this.#dbUid,
      current: this.#trial?.method ?? null,
      currentAgeMs: this.#trial === undefined ? 0 : this.clock.monotonicMs() - this.#trial.sinceMs,
      tried: [...this.#tried],
      source: this.source,
      localWal: this.localWal,
      localWalUnknown: false,
      clientsHeld: this.clientsHeld,
      badConfiguration: null,
      prunedConfiguration: null,
      refusedHbaLines: [],
      hbaInDoubt: false,
      pauseMs: 0,
      startPauseMs: 0,
      reloadPending: this.reloadPending,
      goodParameters: null,
      nudgesLeft: false,
      nudgeDue: false,
      restartWantedMs: 0,
    };
  }
}
