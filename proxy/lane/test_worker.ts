/** For a test: a thread that begins, and then dies of one order and says nothing to all others. */
import type { LaneReport, NumberedOrder } from "./messages.ts";

interface ThreadScope {
  postMessage(report: LaneReport): void;
  onmessage: ((event: MessageEvent<NumberedOrder>) => void) | null;
}

const scope = globalThis as unknown as ThreadScope;
scope.onmessage = ({ data: { id, order } }) => {
  if (order.kind === "start") {
    scope.postMessage({ kind: "done", id, nowMs: performance.now(), error: undefined });
  }
  if (order.kind === "listen") throw new Error("a defect");
};
