/** Tells what the roles decide, as it happens, from their logs. */
import { type Cluster, LogReader, type RoleProcess } from "../../tests/integration/harness/mod.ts";
import { dim, say, seconds, tint } from "./screen.ts";
import { type Happening, storyLine } from "./story.ts";

const LOOK_MS = 100;

export class Narrator {
  readonly #readers: readonly { readonly name: string; readonly reader: LogReader }[];
  #timer: ReturnType<typeof setInterval> | undefined;
  #reading: Promise<void> = Promise.resolve();
  #sinceMs = Date.now();

  constructor(cluster: Cluster) {
    const proxies = cluster.proxies.map(({ process }) => process);
    const roles: readonly RoleProcess[] = [...cluster.sentinels, ...cluster.keepers, ...proxies];
    this.#readers = roles.map(({ name, logFile }) => ({ name, reader: new LogReader(logFile) }));
  }

  /** From now on tells what happens, with times counted from `sinceMs` (by `Date.now()`). */
  async start(sinceMs: number): Promise<void> {
    this.#sinceMs = sinceMs;
    // What was logged before is no part of this story.
    for (const { reader } of this.#readers) await reader.read();
    this.#timer = setInterval(() => {
      this.#reading = this.#reading.then(() => this.#tellNews());
    }, LOOK_MS);
  }

  /** Tells what is still untold and falls silent. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#reading;
    await this.#tellNews();
  }

  /** One line of the story by somebody who keeps no log. */
  tell(name: string, text: string): void {
    this.#line(Date.now(), name, text);
  }

  async #tellNews(): Promise<void> {
    const happenings: Happening[] = [];
    for (const { name, reader } of this.#readers) {
      for (const entry of await reader.read()) happenings.push({ name, entry });
    }
    happenings.sort((a, b) => a.entry.timeMs - b.entry.timeMs);
    for (const happening of happenings) {
      const text = storyLine(happening);
      if (text !== undefined) this.#line(happening.entry.timeMs, happening.name, text);
    }
  }

  #line(timeMs: number, name: string, text: string): void {
    say(
      `${dim(`+${seconds(timeMs - this.#sinceMs).trimStart().padStart(6)}`)}  ${tint(name)}${
        " ".repeat(Math.max(1, 11 - name.length))
      }${text}`,
    );
  }
}
