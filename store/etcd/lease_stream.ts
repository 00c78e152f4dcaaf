import type { IDuplexStream, ILeaseKeepAliveRequest, ILeaseKeepAliveResponse } from "etcd3";
import { EtcdLeaseInvalidError } from "etcd3";
import { TimeLimitError } from "../../common/clock.ts";
import type { Endpoints } from "../endpoints.ts";
import type { EtcdClient } from "./etcd_client.ts";

type KeepAlive = IDuplexStream<ILeaseKeepAliveRequest, ILeaseKeepAliveResponse>;

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The one stream over which all leases of this process are renewed. It is opened when needed and again after a loss. */
export class LeaseStream {
  readonly #endpoints: Endpoints<EtcdClient>;
  readonly #waiting = new Map<string, Waiting[]>();
  #stream: Promise<KeepAlive> | undefined;
  #live: { readonly client: EtcdClient; readonly stream: KeepAlive } | undefined;

  constructor(endpoints: Endpoints<EtcdClient>) {
    this.#endpoints = endpoints;
  }

  /**
   * Renews the lease for its whole time to live.
   * @param signal gives up waiting; the stream is then held for dead
   * @throws {EtcdLeaseInvalidError} when the lease is gone
   */
  async renew(leaseId: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const giveUp = () => {
      // Only a server that kept silent has failed; a caller may have lost interest.
      const silent = signal.reason instanceof TimeLimitError ? this.#live?.client : undefined;
      this.#fail(signal.reason);
      if (silent !== undefined) this.#endpoints.failed(silent);
    };
    signal.addEventListener("abort", giveUp);
    try {
      const stream = await (this.#stream ??= this.#open());
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      this.#waiting.set(leaseId, [...(this.#waiting.get(leaseId) ?? []), { resolve, reject }]);
      stream.write({ ID: leaseId });
      await promise;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  close(): void {
    this.#fail(new Error("the store has been closed"));
  }

  async #open(): Promise<KeepAlive> {
    const client = this.#endpoints.current();
    const moved = this.#endpoints.moved;
    try {
      const stream = await client.openStream<ILeaseKeepAliveRequest, ILeaseKeepAliveResponse>(
        "Lease",
        "leaseKeepAlive",
      );
      this.#live = { client, stream };
      stream.on("data", (response) => this.#answer(response));
      stream.on("error", (error) => this.#lost(stream, error));
      stream.on("end", () => this.#lost(stream, new Error("the server ended the lease stream")));
      moved.addEventListener("abort", () => this.#lost(stream, moved.reason), { once: true });
      return stream;
    } catch (error) {
      this.#stream = undefined;
      throw error;
    }
  }

  #answer({ ID, TTL }: ILeaseKeepAliveResponse): void {
    const waiting = this.#waiting.get(ID) ?? [];
    this.#waiting.delete(ID);
    for (const { resolve, reject } of waiting) {
      if (Number(TTL) > 0) resolve();
      else reject(new EtcdLeaseInvalidError(ID));
    }
  }

  /** A stream that was given up here ends, too, and says nothing of its server. */
  #lost(stream: KeepAlive, error: unknown): void {
    const live = this.#live;
    if (live?.stream !== stream) return;
    this.#fail(error);
    this.#endpoints.failed(live.client);
  }

  #fail(error: unknown): void {
    const live = this.#live;
    this.#stream = undefined;
    this.#live = undefined;
    live?.stream.cancel();
    const waiting = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }
}
