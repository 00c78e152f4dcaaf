/**
 * The clients' access point: it sends every connection to the current primary and cuts connections to a former one.
 * What comes in is the `clusterdata` document, looked at whenever it changes and once per `proxyCheckInterval`, and the
 * clients' TCP streams; what goes out is those streams, byte for byte, and this proxy's info with the generation that it
 * obeys. What always holds: no byte is written on either side unless the last successful look allows that target and
 * began less than `proxyTimeout` ago, on the monotonic and on the wall clock, and this is asked right before each write;
 * what a look takes away is dropped before its confirmation is published. Bytes are moved by lanes, one for each processor,
 * which share the port; each has a gate of its own and answers for what it was ordered. Begin with `route.ts` (pure: which
 * target, or none, until when), then `gate.ts` (the right as it stands), `look.ts` (the order), `lanes.ts` and `lane/mod.ts`.
 *
 * @module
 */
export * from "./proxy.ts";
export * from "./route.ts";
