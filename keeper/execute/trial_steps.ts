/** Steps that only this process remembers. */
import type { Executor } from "./context.ts";

export const beginTrial: Executor<"beginTrial"> = ({ method }, { place }) => place.memory.beginTrial(method);

export const rejectMethod: Executor<"rejectMethod"> = ({ method }, { place }) => {
  place.log.warn("this way of following did not work, trying the next", { method });
  place.memory.rejectMethod(method);
};

export const openToClients: Executor<"openToClients"> = (_step, { place }) => {
  place.log.info("the synchronous standbys have caught up: clients are let in");
  place.memory.clientsHeld = false;
};
