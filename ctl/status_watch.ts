/** `stolonctl status --watch`: the same report again at every change, in place on a terminal. */
import { rfc3339, systemClock } from "../common/clock.ts";
import { describeError } from "../common/errors.ts";
import { PassLoop } from "../common/pass_loop.ts";
import type { ClusterStore } from "../store/cluster_store.ts";
import type { Console } from "./console.ts";

export interface WatchOptions {
  readonly store: ClusterStore;
  readonly console: Console;
  readonly signal: AbortSignal;
  /** Reads the store and returns what to show. */
  readonly render: () => Promise<string>;
}

/** Leaders come and go, and infos expire, without a change that is watched. */
const INTERVAL_MS = 1000;
const CLEAR_SCREEN = "\x1b[2J";
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/** Shows and goes on showing until the signal; a store that is away is said and waited for. */
export async function watchStatus({ store, console, signal, render }: WatchOptions): Promise<void> {
  const show = console.width() === undefined ? lines(console) : screen(console);
  const loop = new PassLoop({
    pass: async () => show(await render()),
    intervalMs: () => INTERVAL_MS,
    signal,
    onError: (error) => show(`cannot read the cluster: ${describeError(error)}`),
  });
  const follow = async (hints: AsyncIterable<void>) => {
    for await (const _ of hints) loop.poke("change");
  };
  await Promise.all([
    loop.run(),
    follow(store.watchClusterData({ signal })),
    follow(store.watchInfos({ signal })),
  ]);
}

/** Overwrites what stands there, without flicker: nothing is cleared before it is written anew. */
function screen(console: Console): (text: string) => void {
  let isFirst = true;
  return (text) => {
    const body = [rfc3339(systemClock.wallMs()), "", ...text.split("\n")].map((line) => line + CLEAR_LINE)
      .join("\n");
    console.write(`${isFirst ? CLEAR_SCREEN : ""}${HOME}${body}\n${CLEAR_BELOW}`);
    isFirst = false;
  };
}

/** For pipes and files: only what differs from what was written last. */
function lines(console: Console): (text: string) => void {
  let last: string | undefined;
  return (text) => {
    if (text !== last) console.print(text);
    last = text;
  };
}
