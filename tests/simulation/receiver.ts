/**
 * The receiving side of a replication connection. PostgreSQL believes timeline numbers and switch points; where that
 * would join two different histories, the simulation knows, and says so.
 */
import type { PostgresServer, Sender } from "./postgres.ts";
import { forkOf, includes } from "./wal.ts";

const BYTES_PER_MS = 50_000;
const RETRY_MS = 1500;

/** How servers reach each other. */
export interface Wiring {
  /** What answers at an address, as seen from a server; undefined: nothing, or the way is cut. */
  resolve(from: PostgresServer, address: string): PostgresServer | undefined;
  isOpen(a: PostgresServer, b: PostgresServer): boolean;
  latencyMs(): number;
}

export class Receiver {
  #sender: Sender | undefined;
  #upstream: PostgresServer | undefined;
  #expected = false;
  #retrying = false;
  readonly #wiring: Wiring;

  constructor(private readonly server: PostgresServer) {
    this.#wiring = server.machine.wiring;
  }

  get streaming(): boolean {
    return this.#sender !== undefined;
  }

  /** Begins to look for the upstream, again and again. */
  start(): void {
    if (this.#retrying) return;
    this.#retrying = true;
    this.#retry();
  }

  disconnect(): void {
    if (this.#sender !== undefined && this.#upstream?.senders.get(this.#sender.name) === this.#sender) {
      this.#upstream.senders.delete(this.#sender.name);
    }
    this.#sender = undefined;
    this.#upstream = undefined;
  }

  /** There is something to receive. */
  expect(): void {
    if (this.#expected) return;
    this.#expected = true;
    const sender = this.#sender;
    this.server.world.after(this.#wiring.latencyMs(), () => {
      this.#expected = false;
      if (sender === this.#sender) this.#receive();
    });
  }

  /** All at once, as before a clean stop of the upstream. */
  receiveNow(): void {
    const upstream = this.#upstream;
    if (upstream === undefined || !this.#pathOpen(upstream) || !this.server.machine.responsive) return;
    this.#advance(upstream, Infinity);
  }

  #retry(): void {
    const { server } = this;
    if (server.stopped || !server.inRecovery) return;
    if (server.ready && server.machine.responsive) {
      if (this.#sender === undefined) this.#connect();
      else this.#checkConnection();
    }
    server.world.after(RETRY_MS, () => this.#retry());
  }

  #checkConnection(): void {
    const upstream = this.#upstream;
    if (upstream !== undefined && !this.#pathOpen(upstream)) this.disconnect();
    else if (upstream !== undefined) this.expect();
  }

  #pathOpen(upstream: PostgresServer): boolean {
    return !upstream.stopped && upstream.machine.responsive && this.#wiring.isOpen(this.server, upstream);
  }

  #connect(): void {
    const { primaryHost, ownName } = this.server.settings;
    if (primaryHost === "") return;
    const upstream = this.#wiring.resolve(this.server, primaryHost);
    if (
      upstream === undefined || upstream === this.server || this.#refusal(upstream, ownName) !== undefined
    ) return;
    const sender: Sender = { name: ownName, standby: this.server, flushedLsn: -1, streaming: false };
    this.#sender = sender;
    this.#upstream = upstream;
    upstream.senders.get(ownName)?.standby.receiver.disconnect();
    upstream.senders.set(ownName, sender);
    this.expect();
  }

  /** Why PostgreSQL would not stream, from all that it can see. */
  #refusal(upstream: PostgresServer, slot: string): string | undefined {
    const own = this.server.directory;
    const other = upstream.directory;
    if (!upstream.answers) return "no answer";
    if (!other.slots.has(slot)) return "the slot does not exist";
    if (other.branch.systemId !== own.branch.systemId) return "another system identifier";
    if (other.branch.timelineID < own.branch.timelineID) return "the upstream is on a lower timeline";
    if (other.oldestWal > own.lsn) return "the WAL has been removed";
    if (other.branch.timelineID === own.branch.timelineID) {
      return own.lsn <= other.lsn ? undefined : "the upstream is behind";
    }
    const fork = forkOf(other.branch, own.branch.timelineID);
    if (fork === undefined) return "the upstream's history does not contain our timeline";
    return own.lsn <= fork ? undefined : "the upstream's history left our timeline before our position";
  }

  #receive(): void {
    const upstream = this.#upstream;
    const sender = this.#sender;
    const { server } = this;
    if (upstream === undefined || sender === undefined) return;
    if (!server.machine.responsive || !this.#pathOpen(upstream)) return;
    const before = server.directory.lsn;
    this.#advance(upstream, BYTES_PER_MS * 20);
    if (server.directory.lsn < upstream.directory.lsn) this.expect();
    const flushMs = (server.directory.lsn > before ? 1 : 0) * server.machine.diskSlowness;
    const lsn = server.directory.lsn;
    server.world.after(this.#wiring.latencyMs() + flushMs, () => this.#confirm(sender, lsn));
  }

  #advance(upstream: PostgresServer, maxBytes: number): void {
    const own = this.server.directory;
    if (!includes(upstream.position, { branch: own.branch, lsn: own.lsn })) {
      this.server.world.violated(
        "two histories never carry the same timeline and switch point",
        `${this.server.machine.name} streams from ${upstream.machine.name} on timeline ${own.branch.timelineID}, ` +
          `but its own history is a different one`,
      );
    }
    own.branch = upstream.directory.branch;
    own.checkpointTimelineID = own.branch.timelineID;
    own.lsn = Math.min(upstream.directory.lsn, own.lsn + maxBytes);
    this.server.recycle();
    if (this.server.senders.size > 0) {
      for (const sender of this.server.senders.values()) sender.standby.receiver.expect();
    }
  }

  #confirm(sender: Sender, lsn: number): void {
    const upstream = this.#upstream;
    if (upstream === undefined || sender !== this.#sender || !this.#pathOpen(upstream)) return;
    sender.flushedLsn = Math.max(sender.flushedLsn, lsn);
    if (lsn >= upstream.directory.lsn) sender.streaming = true;
    if (upstream.directory.slots.has(sender.name)) upstream.directory.slots.set(sender.name, lsn);
    upstream.releaseCommits();
  }
}
