import { describeError } from "../common/errors.ts";
import { getLogger } from "../common/log.ts";

/** Warns of what goes wrong in the background: once for each reason, not at every attempt. */
export class Complaints {
  readonly #message: string;
  #last = "";

  /** @param message what is attempted and goes on being attempted */
  constructor(message: string) {
    this.#message = message;
  }

  tell(error: unknown): void {
    const text = describeError(error);
    if (text !== this.#last) getLogger("store").warn(this.#message, { error: text });
    this.#last = text;
  }

  /** It works again: the next failure is news. */
  clear(): void {
    this.#last = "";
  }
}
