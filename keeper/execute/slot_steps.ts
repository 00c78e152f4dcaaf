/** Steps on replication slots. */
import { superuserTarget, withSession } from "../postgres/connection.ts";
import * as slots from "../postgres/slots.ts";
import type { Executor, StepContext } from "./context.ts";

export const createSlot: Executor<"createSlot"> = async ({ name }, context) => {
  await inSession(context, (session) => slots.createSlot(session, name));
  context.place.log.info("replication slot created", { slot: name });
};

export const dropSlot: Executor<"dropSlot"> = async ({ name }, context) => {
  await inSession(context, (session) => slots.dropSlot(session, name));
  context.place.log.info("replication slot dropped", { slot: name });
};

function inSession(context: StepContext, use: Parameters<typeof withSession<void>>[2]): Promise<void> {
  const { place, signal, requestTimeoutMs } = context;
  return withSession(superuserTarget(place.instance), { timeoutMs: requestTimeoutMs, signal }, use);
}
