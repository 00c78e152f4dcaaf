/** What this is, for `--version` and `stolonctl version`. */
import config from "../deno.json" with { type: "json" };

/** The release, as in deno.json. */
export const VERSION: string = config.version;
