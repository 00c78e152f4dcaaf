import { writeJson } from "../../cluster/json.ts";
import type { StoreOperation } from "../errors.ts";
import type { CallOptions } from "../store.ts";
import type { ConsulCalls } from "./consul_client.ts";
import { refusal } from "./consul_errors.ts";
import { readSessionId } from "./kv.ts";

/** Consul grants no less. */
const SHORTEST_TTL_S = 10;
const LONGEST_TTL_S = 86_400;

export interface SessionOptions extends CallOptions {
  /** What happens to the keys that the session holds when it ends. */
  readonly behavior: "release" | "delete";
  /** Consul ends a session that was not renewed between one and two times this. */
  readonly ttlS: number;
}

/** Sessions: what keys are held by, and what ends with its holder. */
export class Sessions {
  readonly #calls: ConsulCalls;

  constructor(calls: ConsulCalls) {
    this.#calls = calls;
  }

  /** A new session's id. */
  create(operation: StoreOperation, { behavior, ttlS, ...options }: SessionOptions): Promise<string> {
    const ttl = Math.min(Math.max(ttlS, SHORTEST_TTL_S), LONGEST_TTL_S);
    const body = writeJson({ TTL: `${ttl}s`, Behavior: behavior, LockDelay: "1ms" });
    return this.#calls.write(operation, options, async (client, { signal }) => {
      const response = await client.send({ method: "PUT", path: "session/create", body, signal });
      return readSessionId(response, operation);
    });
  }

  /** False: the session is gone. */
  renew(operation: StoreOperation, session: string, options: CallOptions): Promise<boolean> {
    // A renewal may be repeated: it does the same again.
    return this.#calls.read(operation, options, async (client, { signal }) => {
      const response = await client.send({ method: "PUT", path: `session/renew/${session}`, signal });
      if (response.status === 404) return false;
      if (response.status !== 200) throw refusal(response, operation);
      return true;
    });
  }

  /** Ends the session; one that is gone is no error. */
  destroy(operation: StoreOperation, session: string, options: CallOptions): Promise<void> {
    return this.#calls.read(operation, options, async (client, { signal }) => {
      const response = await client.send({ method: "PUT", path: `session/destroy/${session}`, signal });
      if (response.status !== 200) throw refusal(response, operation);
    });
  }
}
