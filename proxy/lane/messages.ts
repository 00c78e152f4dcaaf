/** What the proxy's main thread and a lane tell each other. Everything here can be cloned. */
import type { LogDetails, LogLevel } from "../../common/log.ts";
import type { Instant, Refusal, Target } from "../route.ts";

/** What a lane is started with. */
export interface LaneSettings {
  readonly hostname: string;
  /** Idle seconds before the first keepalive probe; 0: the system's default. */
  readonly keepaliveIdleSeconds: number;
  /** Memory of the lane's `LaneCounters`. */
  readonly counters: SharedArrayBuffer;
}

/** An order to a lane. */
export type LaneOrder =
  /** Accept clients on this port, next to the other lanes. */
  | { readonly kind: "listen"; readonly port: number }
  | { readonly kind: "stop-listening" }
  /** Drop whatever is not open to `kept`, at once. */
  | { readonly kind: "restrict"; readonly kept: Target | undefined; readonly refusal: Refusal }
  | {
    readonly kind: "grant";
    readonly target: Target | undefined;
    readonly refusal: Refusal | undefined;
    /** By the lane's own clocks. */
    readonly deadline: Instant;
  }
  /** Drop everything and forward nothing any more. */
  | { readonly kind: "end" };

/** The first one to a thread. */
export interface StartOrder {
  readonly kind: "start";
  readonly settings: LaneSettings;
}

export interface NumberedOrder {
  readonly id: number;
  readonly order: LaneOrder | StartOrder;
}

/** What a lane has to say. */
export type LaneReport =
  /** The order with this number has been carried out, or has failed. */
  | { readonly kind: "done"; readonly id: number; readonly nowMs: number; readonly error: string | undefined }
  /** The right to forward has run out, and everything was dropped. */
  | { readonly kind: "expired" }
  | {
    readonly kind: "log";
    readonly level: LogLevel;
    readonly message: string;
    readonly details: LogDetails | undefined;
  };
