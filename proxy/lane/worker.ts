/** The thread that a {@link Lane} runs in. Orders are carried out in the order of their coming; each is answered. */
import { systemClock } from "../../common/clock.ts";
import { describeError } from "../../common/errors.ts";
import type { LogDetails, Logger, LogLevel } from "../../common/log.ts";
import { Lane } from "./lane.ts";
import type { LaneReport, NumberedOrder } from "./messages.ts";

/** What Deno's types know of a thread's own scope only where they are told that a file is one. */
interface ThreadScope {
  postMessage(report: LaneReport): void;
  onmessage: ((event: MessageEvent<NumberedOrder>) => void) | null;
}

const scope = globalThis as unknown as ThreadScope;

/** Lines are written by the main thread, which knows how they are to look. */
function remoteLogger(): Logger {
  const at = (level: LogLevel) => (message: string, details?: LogDetails) =>
    scope.postMessage({ kind: "log", level, message, details });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

let lane: Lane | undefined;

async function carryOut({ order }: NumberedOrder): Promise<void> {
  if (order.kind === "start") {
    const onExpired = () => scope.postMessage({ kind: "expired" });
    lane = new Lane({ settings: order.settings, clock: systemClock, log: remoteLogger(), onExpired });
    return;
  }
  if (lane === undefined) throw new Error(`the order "${order.kind}" came before the start`);
  await lane.obey(order);
}

async function answer(numbered: NumberedOrder): Promise<void> {
  let error: string | undefined;
  try {
    await carryOut(numbered);
  } catch (thrown) {
    error = describeError(thrown);
  }
  scope.postMessage({ kind: "done", id: numbered.id, nowMs: performance.now(), error });
}

scope.onmessage = ({ data }) => void answer(data);
