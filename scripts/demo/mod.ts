/**
 * `deno task demo`: a cluster from one command, which loses its primary before your eyes and survives it. In comes a
 * command line; out comes a story on stdout. Always holds: everything is in one directory, and nothing of it is left when
 * the demo ends, however it ends, unless `--keep` says so. Begin with `main.ts`, then `acts.ts`. The cluster itself is
 * that of the integration tests: `tests/integration/harness/`.
 */
export { bringUp, failOver, rejoin } from "./acts.ts";
export { type DemoOptions, parseDemoOptions } from "./options.ts";
export { storyLine } from "./story.ts";
