/**
 * `stolonctl`, the operator's command line: one file per subcommand. A command line comes in; output goes to stdout,
 * everything said besides it to stderr, and what is refused is one clear line and exit code 1. What always holds: the
 * document is changed by compare-and-swap alone (but for `init` and `clusterdata write`), nothing is written that a role
 * could not read, and a command ends the moment its write is acknowledged. Begin with `program.ts` for the subcommands;
 * what is shown is computed in pure files, `status_report.ts` and `status_text.ts` for one.
 *
 * @module
 */
export * from "./command.ts";
export * from "./program.ts";
export * from "./status_report.ts";
export { statusText } from "./status_text.ts";
